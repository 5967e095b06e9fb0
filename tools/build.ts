/** `npm run build`: dist/ of every package and the dashboard's page, from nothing, so that a file which was renamed can't be published under its old name. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildAssets } from '../plugins/dashboard/build.ts'
import { mustRun, root } from './command.ts'
import { publishedPackages } from './packages.ts'

export async function build (signal?: AbortSignal): Promise<void> {
  const references = readFileSync(join(root, 'tsconfig.build.json'), 'utf8')
  for (const { path, folder } of publishedPackages()) {
    if (!references.includes(`"${path}/tsconfig.build.json"`)) throw new Error(`tsconfig.build.json has no reference to ${path}`)
    rmSync(join(folder, 'dist'), { recursive: true, force: true })
  }
  await mustRun('tsc', ['-b', 'tsconfig.build.json'], { signal })
  await buildAssets()
}

if (process.argv[1] === import.meta.filename) await build()
