import { globSync, mkdirSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { mustRun, root, runCommand } from '../command.ts'

const cache = join(root, '.cache/services')
const environment = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' }
/** A lock older than this belongs to a process that died. */
const staleAfter = 300_000

/** Where a package is unpacked when there is no root to install it. */
export function providedFolder (name: string): string {
  return join(cache, name)
}

/** The libraries of an unpacked package lie beside it. */
export function libraryPath (program: string): Record<string, string> {
  if (!program.startsWith(cache)) return {}
  const folder = join(cache, program.slice(cache.length + 1).split('/')[0] ?? '')
  return { LD_LIBRARY_PATH: [...globSync(join(folder, '{usr/,}lib/*-linux-gnu*')), join(folder, 'usr/lib')].join(':') }
}

/**
 * Installs a Debian package (root) or unpacks it and what it depends on into the cache (anybody else).
 * One process at a time: test files run beside each other. Returns why it could not, or undefined.
 */
export async function provide (name: string, isPresent: () => boolean): Promise<string | undefined> {
  try {
    await mustRun('apt-get', ['--version'])
  } catch {
    return 'it is not on PATH, and this is no Debian'
  }
  mkdirSync(cache, { recursive: true })
  const lock = join(cache, 'lock')
  await acquire(lock)
  try {
    if (isPresent()) return undefined
    console.error(`plimsoll: fetching ${name} for the tests (once)`)
    if (process.getuid?.() === 0) await install(name)
    else await unpack(name)
    return undefined
  } catch (error) {
    return `apt-get could not provide it (${error instanceof Error ? error.message.trim().split('\n').at(-1) : String(error)})`
  } finally {
    rmdirSync(lock)
  }
}

async function install (name: string): Promise<void> {
  const args = ['install', '-y', '-q', '--no-install-recommends', name]
  // RUNLEVEL=1: the package must not start its daemon on the standard port.
  const env = { ...environment, RUNLEVEL: '1' }
  if ((await runCommand('apt-get', args, { env })).code === 0) return
  // No package lists (a bare container) or old ones.
  await mustRun('apt-get', ['update', '-q'], { env })
  await mustRun('apt-get', args, { env })
}

async function unpack (name: string): Promise<void> {
  const plan = await mustRun('apt-get', ['install', '--simulate', '--no-install-recommends', name], { env: environment })
  const packages = [...plan.stdout.matchAll(/^Inst (\S+)/gm)].map(([, one]) => one ?? '')
  const folder = providedFolder(name)
  const downloads = join(cache, 'downloads')
  rmSync(downloads, { recursive: true, force: true })
  mkdirSync(downloads, { recursive: true })
  await mustRun('apt-get', ['download', ...packages], { cwd: downloads, env: environment })
  for (const file of globSync('*.deb', { cwd: downloads })) await mustRun('dpkg-deb', ['-x', join(downloads, file), folder])
  rmSync(downloads, { recursive: true, force: true })
}

async function acquire (lock: string): Promise<void> {
  for (;;) {
    try {
      mkdirSync(lock)
      return
    } catch {
      if (isStale(lock)) rmSync(lock, { recursive: true, force: true })
      else await delay(200)
    }
  }
}

function isStale (lock: string): boolean {
  try {
    return Date.now() - statSync(lock).mtimeMs > staleAfter
  } catch {
    return false
  }
}
