import { globSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from '../build.ts'
import { mustRun, root } from '../command.ts'
import { publishedPackages } from '../packages.ts'
import type { Outcome } from '../step.ts'

/** Where `pack` puts the tarballs. */
export const tarballFolder: string = join(root, '.cache/tarballs')

export function tarballs (folder: string = tarballFolder): string[] {
  return globSync('*.tgz', { cwd: folder }).sort().map((file) => join(folder, file))
}

/** Builds all packages and packs them as they would be published. */
export async function pack (signal: AbortSignal): Promise<Outcome> {
  await build(signal)
  rmSync(tarballFolder, { recursive: true, force: true })
  mkdirSync(tarballFolder, { recursive: true })
  const packages = publishedPackages()
  await mustRun('npm', ['pack', '--loglevel=error', '--pack-destination', tarballFolder, ...packages.flatMap(({ name }) => ['-w', name])], { signal })
  const packed = tarballs().length
  if (packed !== packages.length) throw new Error(`${packages.length} packages, ${packed} tarballs in ${tarballFolder}`)
  return { passed: 1, note: `${packed} tarballs` }
}

/** Mistakes in what is published: missing files, wrong order of export conditions. */
export async function lintPackages (signal: AbortSignal): Promise<Outcome> {
  for (const file of tarballs()) await mustRun('publint', ['run', file, '--strict'], { signal })
  return { passed: tarballs().length }
}

/** The types as an ESM consumer under every module resolution sees them. */
export async function checkPackageTypes (signal: AbortSignal): Promise<Outcome> {
  for (const file of tarballs()) await mustRun('attw', [file, '--profile', 'esm-only', '--no-emoji', '--no-color'], { signal })
  return { passed: tarballs().length }
}
