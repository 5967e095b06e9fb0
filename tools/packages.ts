import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './command.ts'

export interface PublishedPackage {
  readonly name: string
  /** Absolute folder. */
  readonly folder: string
  /** Folder relative to the repository, as in `plugins/load-shedder`. */
  readonly path: string
}

/** The packages that are published: core first, then every plugin. */
export function publishedPackages (): PublishedPackage[] {
  return ['core/package.json', ...globSync('plugins/*/package.json', { cwd: root }).sort()].map((file) => {
    const manifest: { name: string } = JSON.parse(readFileSync(join(root, file), 'utf8'))
    return { name: manifest.name, folder: join(root, dirname(file)), path: dirname(file).replaceAll('\\', '/') }
  })
}
