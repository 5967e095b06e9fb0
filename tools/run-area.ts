/**
 * `npm run bench -- <area> [options]` runs benchmarks/<area>.ts, `npm run faults -- <area> [options]` runs test/faults/<area>.ts.
 * The peers that benchmarks compare with are installed on first use: nothing else needs them.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const [kind, area, ...args] = process.argv.slice(2)
const folder = kind === 'faults' ? 'test/faults' : 'benchmarks'
const areas = globSync(`${folder}/*.ts`, { cwd: root }).map((file) => basename(file, '.ts')).sort()

if (area === undefined || !areas.includes(area)) {
  console.error(`usage: npm run ${kind} -- <area> [options]; areas: ${areas.join(', ') || 'none yet'}`)
  process.exit(1)
}
if (kind === 'bench') installPeers()
const child = spawn(process.execPath, ['--conditions=plimsoll:source', join(root, folder, `${area}.ts`), ...args], { stdio: 'inherit' })
// Ctrl-C reaches the whole group from the terminal; the area cleans up, and this process ends with it.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.on('exit', (code, signal) => { process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1) })

function installPeers (): void {
  const peers = join(root, 'benchmarks')
  const lock = join(peers, 'package-lock.json')
  if (!existsSync(lock)) return
  const installed = join(peers, 'node_modules/.package-lock.json')
  const current = existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs && dependencies(peers).every((name) => existsSync(join(peers, 'node_modules', name)))
  if (current) return
  console.error('plimsoll: installing the peers that the benchmarks compare with (once)')
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: peers, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  if (status !== 0) process.exit(1)
}

function dependencies (from: string): string[] {
  const manifest: { dependencies?: Record<string, string> } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'))
  return Object.keys(manifest.dependencies ?? {})
}
