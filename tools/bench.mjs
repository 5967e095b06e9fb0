// `npm run bench -- <area> [options]`: installs the peers once, then runs benchmarks/<area>.ts.
// No dependencies, and no syntax that Node 20 lacks: it may run before anything is installed.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../benchmarks/', import.meta.url))
const areas = readdirSync(folder).filter(file => file.endsWith('.ts')).map(file => file.slice(0, -3))
const [area, ...rest] = process.argv.slice(2)

if (area === undefined || !areas.includes(area)) {
  console.error(`usage: npm run bench -- <${areas.join('|')}> [options]`)
  process.exit(2)
}

if (!installed()) {
  console.error('installing the benchmarks\' peers …')
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--silent'], { cwd: folder, stdio: 'inherit', shell: process.platform === 'win32' })
  if (npm.status !== 0) process.exit(npm.status ?? 1)
}

const child = spawn(process.execPath, ['--conditions=plimsoll:source', `${folder}${area}.ts`, ...rest], { stdio: 'inherit' })
// Ctrl-C reaches the benchmark too; it cleans up, and its exit code is ours.
process.on('SIGINT', () => {})
child.once('exit', (code, signal) => { process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1) })

function installed () {
  const marker = `${folder}node_modules/.package-lock.json`
  return existsSync(marker) && statSync(marker).mtimeMs >= statSync(`${folder}package-lock.json`).mtimeMs
}
