/**
 * What a user gets: the packed tarballs, installed into an empty folder beside fastify only.
 *
 *   node tools/steps/package-smoke.ts [folder of tarballs]    the same by hand, on any Node
 */
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { mustRun, root, runCommand } from '../command.ts'
import { publishedPackages } from '../packages.ts'
import type { Outcome } from '../step.ts'
import { findNode22 } from './node-22.ts'
import { tarballFolder, tarballs } from './published-packages.ts'

export async function smokeTest (signal?: AbortSignal, from: string = tarballFolder): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-smoke-'))
  try {
    await install(folder, from, signal)
    const names = publishedPackages().map(({ name }) => name)
    const nodes = [process.execPath, await findNode22(signal)].filter((node) => node !== undefined)
    const run = async (program: string): Promise<void> => {
      for (const node of nodes) await serveOnce(node, folder, program, signal)
    }
    for (const name of names) {
      const together = [...companions[name] ?? [], name]
      await run(esmProgram(together))
      await run(commonJsProgram(together))
    }
    await run(esmProgram(names))
    const consumers = await compileConsumers(folder, esmProgram(names), signal)
    const plugins = names.filter((name) => name !== '@plimsoll/core')
    for (const name of plugins) installSecondCore(folder, name)
    await run(esmProgram(names))
    return { passed: (2 * names.length + 2) * nodes.length + consumers, note: `import, require, types, two copies of core; ${nodes.length} Nodes` }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function install (folder: string, from: string, signal: AbortSignal | undefined): Promise<void> {
  const lock: { packages: Record<string, { version?: string }> } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const fastify = `fastify@${lock.packages['node_modules/fastify']?.version ?? '5'}`
  writeFileSync(join(folder, 'package.json'), '{ "name": "smoke", "private": true }\n')
  await mustRun('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', fastify, ...tarballs(from)], { cwd: folder, signal })
}

/** What users write in TypeScript, with nothing of the repository but the tarballs' types. Returns the number of files. */
async function compileConsumers (folder: string, program: string, signal: AbortSignal | undefined): Promise<number> {
  writeFileSync(join(folder, 'app.mts'), program)
  const consumers = globSync('test/consumers/*.ts', { cwd: root })
  for (const file of consumers) cpSync(join(root, file), join(folder, basename(file, '.ts') + '.mts'))
  const typescript = join(root, 'node_modules/.bin/tsc')
  // By hand on another Node there is no tool chain; `npm test` always has it.
  if (!existsSync(typescript)) return 0
  const compilerOptions = { noEmit: true, strict: true, exactOptionalPropertyTypes: true, target: 'es2024', module: 'nodenext', skipLibCheck: true, typeRoots: [join(root, 'node_modules/@types')], types: ['node'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts'] }))
  await mustRun(typescript, ['-p', folder], { cwd: folder, signal })
  return consumers.length + 1
}

/** As if npm could not share one copy: the plugin finds its own core, the app the other. */
function installSecondCore (folder: string, plugin: string): void {
  const nested = join(folder, 'node_modules', plugin, 'node_modules/@plimsoll/core')
  cpSync(join(folder, 'node_modules/@plimsoll/core'), nested, { recursive: true })
  if (!existsSync(join(nested, 'package.json'))) throw new Error(`no second core in ${nested}`)
}

/** The program has to print what it was served, write no warning, and end by itself. */
async function serveOnce (node: string, folder: string, program: string, signal: AbortSignal | undefined): Promise<void> {
  const file = join(folder, program.includes('require(') ? 'app.cjs' : 'app.mjs')
  writeFileSync(file, program)
  const { code, stdout, stderr } = await runCommand(node, [file], { cwd: folder, signal, timeout: 60_000, env: { NODE_ENV: 'production', NODE_OPTIONS: '', NODE_COMPILE_CACHE: join(folder, '.compile-cache') } })
  if (code === 0 && stdout === 'served 200 {"hello":"world"}, closed\n' && stderr === '') return
  throw new Error(`exit code ${code} (a program that does not end by itself is killed after 60 s)\n${stdout}${stderr}\n--- ${file} on ${node}\n${program}`)
}

/** What a plugin is given that is nothing without it. */
const options: Readonly<Record<string, string>> = {
  // Somewhere to be, for the dashboard.
  '@plimsoll/core': '{ admin: { prefix: \'/ops\', auth: () => undefined } }',
  '@plimsoll/redis-coordinator': '{ optional: true }'
}

/** Plugins that are nothing without another. */
const companions: Readonly<Record<string, readonly string[]>> = {
  '@plimsoll/dashboard': ['@plimsoll/core']
}

/** `register(plugin, { … })`, as in the documentation. */
function register (name: string, plugin: string): string {
  return `app.register(${[plugin, options[name]].filter((part) => part !== undefined).join(', ')})`
}

function esmProgram (names: readonly string[]): string {
  return `import fastify from 'fastify'
${names.map((name, index) => `import plugin${index} from '${name}'`).join('\n')}

const app = fastify()
${names.map((name, index) => register(name, `plugin${index}`)).join('\n')}
${serve}`
}

function commonJsProgram (names: readonly string[]): string {
  return `const fastify = require('fastify')
${names.map((name, index) => `const { default: plugin${index} } = require('${name}')`).join('\n')}

const app = fastify()
${names.map((name, index) => register(name, `plugin${index}`)).join('\n')}
main()

async function main () {
${serve}}
`
}

const serve = `app.get('/', async () => ({ hello: 'world' }))
const url = await app.listen({ port: 0, host: '127.0.0.1' })
const response = await fetch(url)
const body = await response.text()
await app.close()
console.log('served ' + response.status + ' ' + body + ', closed')
`

if (process.argv[1] === import.meta.filename) {
  const { note } = await smokeTest(undefined, process.argv[2])
  console.log(`ok: ${note}`)
}
