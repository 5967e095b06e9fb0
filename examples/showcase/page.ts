import { existsSync, globSync, statSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../../plugins/dashboard')
const SOURCES = ['app/**/*', 'src/view/*.ts', 'build.ts']

/** Builds the dashboard's page, which is in the published package ready-made; not again before its source has changed. */
export async function buildPage (): Promise<void> {
  if (isBuilt()) return
  const { buildAssets } = await import('../../plugins/dashboard/build.ts')
  await buildAssets()
}

function isBuilt (): boolean {
  const manifest = join(folder, 'assets/manifest.json')
  if (!existsSync(manifest)) return false
  const { mtimeMs } = statSync(manifest)
  return globSync(SOURCES, { cwd: folder }).every((file) => statSync(join(folder, file)).mtimeMs <= mtimeMs)
}
