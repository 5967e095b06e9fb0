import { readFileSync } from 'node:fs'

/** Reads a small file of /proc or /sys whole; `undefined` where there is none, or it may not be read. */
export type ReadText = (path: string) => string | undefined

/** Samples after which limits are read anew: they can be changed under a running container, but hardly ever are. */
export const LIMITS_AGE = 30

// Synchronous on purpose: 10 to 17 µs a file of /sys (measured), where fs/promises costs 190 to 205 µs of CPU and queues
// behind whatever blocks the thread pool. `npm run bench -- vitals` prints both.
export const readSystemFile: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** The number after `key ` on a line of its own, as in memory.stat and cpu.stat. */
export function statOf (text: string | undefined, key: string): number {
  if (text === undefined) return 0
  const at = `\n${text}`.indexOf(`\n${key} `)
  return at === -1 ? 0 : Number.parseInt(text.slice(at + key.length + 1), 10) || 0
}
