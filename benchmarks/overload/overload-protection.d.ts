// The package ships no types.
declare module 'overload-protection' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export default function protect (framework: 'http', options?: Readonly<Record<string, unknown>>):
  (req: IncomingMessage, res: ServerResponse, next: (error?: Error) => void) => void
}
