import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodingAccepted } from './accept-encoding.ts'

/** A file of the page, in memory in each encoding that it was built in. */
export interface Asset {
  readonly type: string
  readonly body: Buffer
  readonly br: Buffer | undefined
  readonly gzip: Buffer | undefined
}

/** Names of what the page begins with. */
interface Manifest {
  readonly script: string
  readonly style: string
  readonly shell: string
  readonly icon: string
}

export interface Assets {
  /** Names of files. */
  readonly script: string
  readonly icon: string
  /** What is in the page itself, so that something is seen before any file has come: CSS, and markup. */
  readonly style: string
  readonly shell: string
  /** By name, which has a hash of the content in it. */
  readonly files: ReadonlyMap<string, Asset>
}

/** Beside `src` as well as beside `dist`. */
export const ASSETS_FOLDER: URL = new URL('../../assets/', import.meta.url)

const TYPES: ReadonlyMap<string, string> = new Map([
  ['.js', 'text/javascript; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.json', 'application/json; charset=utf-8'],
  ['.txt', 'text/plain; charset=utf-8'],
  ['.woff2', 'font/woff2']
])
const MANIFEST = 'manifest.json'
const ENCODINGS = ['br', 'gzip'] as const

/** Reads all files at once, so that no path of a request ever reaches the file system. `undefined` where the package was not built. */
export function readAssets (folder: URL): Assets | undefined {
  if (!existsSync(new URL(MANIFEST, folder))) return undefined
  const { script, style, shell, icon }: Manifest = JSON.parse(readFileSync(new URL(MANIFEST, folder), 'utf8'))
  const names = readdirSync(fileURLToPath(folder))
  const read = (name: string): Buffer | undefined => names.includes(name) ? readFileSync(new URL(encodeURIComponent(name), folder)) : undefined
  const files = new Map<string, Asset>()
  for (const name of names) {
    const type = TYPES.get(extname(name))
    const body = type === undefined || name === MANIFEST ? undefined : read(name)
    if (type !== undefined && body !== undefined) files.set(name, { type, body, br: read(`${name}.br`), gzip: read(`${name}.gz`) })
  }
  return { script, icon, style: String(read(style)), shell: String(read(shell)), files }
}

/** The smallest of an asset's encodings that an Accept-Encoding header allows. */
export function encodingOf ({ body, br, gzip }: Omit<Asset, 'type'>, accepted: string | string[] | undefined): { readonly encoding: 'br' | 'gzip' | undefined, readonly body: Buffer } {
  const bodies = { br, gzip }
  const encoding = encodingAccepted(accepted, ENCODINGS.filter((one) => bodies[one] !== undefined))
  return { encoding, body: (encoding && bodies[encoding]) ?? body }
}
