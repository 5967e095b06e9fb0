/**
 * Runs before `npm start` and `npm test`: installs what that command needs and nothing that is there already.
 *
 *   node tools/bootstrap.mjs start    runtime dependencies and the project's own Node
 *   node tools/bootstrap.mjs test     the tool chain and the second Node as well
 *
 * It has no dependencies and must run on Node 20, since on a bare machine it is the first thing that runs.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(fileURLToPath(import.meta.url), '../..')
const minimumNode = [22, 22]

/** @typedef {{ version?: string, resolved?: string, integrity?: string, link?: boolean, dev?: boolean, optional?: boolean, os?: string | string[], cpu?: string | string[], libc?: string | string[] }} LockEntry */
/** @typedef {{ packages: Record<string, LockEntry> }} Lock */
/** @typedef {{ platform: string, arch: string, libc?: string | undefined }} Machine */

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === realpathSync(fileURLToPath(import.meta.url))) {
  bootstrap(process.argv[2])
}

/** @param {string | undefined} mode */
function bootstrap (mode) {
  if (mode !== 'start' && mode !== 'test') fail('usage: node tools/bootstrap.mjs start|test')
  const machine = thisMachine()
  refuseUnusableNode(machine)
  install({ folder: root, dev: mode === 'test', what: mode === 'test' ? 'the tool chain (about a minute)' : 'runtime dependencies (about 20 seconds)', machine })
  if (mode === 'test') {
    install({ folder: join(root, 'tools/node-22'), dev: false, what: 'Node 22, for the tests that run on both', machine })
  }
  refuseMissingNode(machine)
}

/** @param {{ folder: string, dev: boolean, what: string, machine: Machine }} request */
function install ({ folder, dev, what, machine }) {
  const lock = readLock(join(folder, 'package-lock.json'))
  if (lock === undefined) fail(`${join(folder, 'package-lock.json')} is missing or unreadable: restore it with git`)
  const installed = readLock(join(folder, 'node_modules/.package-lock.json'))
  const missing = missingPackages(lock, installed, { dev, machine, exists: (path) => existsSync(join(folder, path)) })
  if (missing.length === 0) return
  console.error(`plimsoll: installing ${what}`)
  // `npm ci` starts by deleting node_modules: right for an empty clone, minutes lost for one that lacks a few packages.
  const fresh = installed === undefined
  const keepTools = dev || hasTools(installed)
  runNpm(folder, [fresh ? 'ci' : 'install', ...(fresh ? [] : ['--no-save']), keepTools ? '--include=dev' : '--omit=dev'])
}

/**
 * The packages of the lockfile that this machine needs and does not have, or has in another version.
 * npm leaves out optional packages that the registry lacks, so an optional one counts only when it is the project's own Node.
 *
 * @param {Lock} lock
 * @param {Lock | undefined} installed what npm noted in node_modules when it last finished
 * @param {{ dev: boolean, machine: Machine, exists: (path: string) => boolean }} want
 * @returns {string[]}
 */
export function missingPackages (lock, installed, { dev, machine, exists }) {
  return Object.keys(lock.packages).filter((path) => {
    const wanted = lock.packages[path] ?? {}
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return false
    if (wanted.dev === true && !dev) return false
    if (!fits(wanted, machine)) return false
    if (isPlatformSpecific(wanted) && !path.startsWith('node_modules/node-')) return false
    if (wanted.optional === true && !isPlatformSpecific(wanted)) return false
    const present = installed?.packages[path]
    return present === undefined || present.version !== wanted.version || present.integrity !== wanted.integrity || !exists(path)
  })
}

/** @param {LockEntry} entry */
function isPlatformSpecific (entry) {
  return entry.os !== undefined || entry.cpu !== undefined || entry.libc !== undefined
}

/** @param {LockEntry} entry @param {Machine} machine */
function fits (entry, machine) {
  return [[entry.os, machine.platform], [entry.cpu, machine.arch], [entry.libc, machine.libc]].every(([allowed, here]) => {
    if (allowed === undefined || here === undefined) return true
    const list = Array.isArray(allowed) ? allowed : [allowed]
    return list.includes(String(here)) || (list.every((one) => one.startsWith('!')) && !list.includes(`!${here}`))
  })
}

/** @param {Lock | undefined} installed */
function hasTools (installed) {
  return installed?.packages['node_modules/tap'] !== undefined
}

/** @param {string} file @returns {Lock | undefined} */
function readLock (file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** @param {string} folder @param {string[]} args */
function runNpm (folder, args) {
  const flags = ['--no-audit', '--no-fund', '--loglevel=error']
  const npmCli = process.env.npm_execpath
  const [command, first] = npmCli?.endsWith('.js') ? [process.execPath, [npmCli]] : ['npm', []]
  // An npm below another npm inherits its settings as environment, --omit included: only the user's own may count.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(config_(omit|include|only|prefix|local_prefix)|package_|lifecycle_)/.test(name)))
  const result = spawnSync(command, [...first, ...args, ...flags], { cwd: folder, env, stdio: ['ignore', 2, 2], shell: command === 'npm' && process.platform === 'win32' })
  if (result.status !== 0) fail(`npm ${args.join(' ')} failed in ${folder}: see above`)
}

/** @returns {Machine} */
function thisMachine () {
  const { platform, arch } = process
  if (platform !== 'linux') return { platform, arch }
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport())
  return { platform, arch, libc: report.header.glibcVersionRuntime === undefined ? 'musl' : 'glibc' }
}

/** The project brings its own Node for common platforms; elsewhere the machine's must be new enough, and it is said before any work. @param {Machine} machine */
function refuseUnusableNode (machine) {
  if (machine.libc === 'musl') fail('the Node that comes with the project needs glibc, and this system has musl: use a Debian, Ubuntu or Fedora image')
  if (nodePackage(machine) !== undefined) return
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [wantedMajor = 0, wantedMinor = 0] = minimumNode
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return
  fail(`needs Node >= ${minimumNode.join('.')}; this is ${process.version}, and there is no Node on npm for ${machine.platform}-${machine.arch}: install one from nodejs.org`)
}

/** npm leaves an optional package out without a word, and the machine's own Node may be too old. @param {Machine} machine */
function refuseMissingNode (machine) {
  const name = nodePackage(machine)
  if (name === undefined) return
  const binary = join(root, 'node_modules', name, 'bin', machine.platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(binary)) return
  fail(`${name} was not installed (is "omit=optional" set in an npmrc?): run "npm ci --include=optional" once`)
}

/** @param {Machine} machine */
function nodePackage ({ platform, arch }) {
  const name = `node-${platform === 'win32' ? 'win' : platform}-${arch}`
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return optionalDependencies[name] === undefined ? undefined : name
}

/** @param {string} message @returns {never} */
function fail (message) {
  console.error(`plimsoll: ${message}`)
  process.exit(1)
}
