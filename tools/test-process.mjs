/**
 * Imported first by the process of every test file (.taprc): lets it start in half the time, and notes what it cost.
 *
 * Node's compile cache would do the same, but functions that come out of it are not in V8's coverage as precisely as
 * the gate needs them. So here only the types are stripped once; the processes that a test starts, which are not
 * measured unless they are told to (measured-process.ts), use the compile cache.
 */
import { hash } from 'node:crypto'
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMainThread, threadId } from 'node:worker_threads'

const root = join(import.meta.dirname, '..')
const cache = join(root, '.cache/stripped')

registerHooks({
  load (url, context, nextLoad) {
    if (context.format !== 'module-typescript' || !url.startsWith('file:')) return nextLoad(url, context)
    const file = fileURLToPath(url)
    const path = relative(root, file)
    // Fixtures come and go under names of their own.
    if (path.startsWith('.') || path.includes(`node_modules${sep}`)) return nextLoad(url, context)
    return { format: 'module', source: stripped(file, path), shortCircuit: true }
  }
})

if (isMainThread) {
  // Nothing that runs here is compiled, and reading the maps of tap's own files takes 0.2 s a process.
  process.setSourceMapsEnabled(false)
  noteCost(process.env.PLIMSOLL_TEST_COSTS)
  // What follows is for processes that the test starts.
  delete process.env.PLIMSOLL_TEST_COSTS
  process.execArgv = process.execArgv.filter((argument) => !argument.endsWith('tools/test-process.mjs'))
  process.env.PLIMSOLL_TEST_COVERAGE = process.env._TAPJS_PROCESSINFO_COVERAGE_ ?? '0'
  process.env._TAPJS_PROCESSINFO_COVERAGE_ = '0'
  process.env.NODE_COMPILE_CACHE ??= join(root, '.cache/compile')
}

/**
 * The source without its types, each character where it was.
 *
 * @param {string} file
 * @param {string} path
 */
function stripped (file, path) {
  const source = readFileSync(file, 'utf8')
  const key = hash('sha1', process.version + source)
  const entry = join(cache, `${path}.js`)
  const known = read(entry)
  if (known.startsWith(key)) return known.slice(key.length)
  const code = silently(() => stripTypeScriptTypes(source))
  // Renamed into place: other processes read it meanwhile.
  const draft = `${entry}.${process.pid}.${threadId}`
  mkdirSync(dirname(entry), { recursive: true })
  writeFileSync(draft, key + code)
  renameSync(draft, entry)
  return code
}

/**
 * Without the warning that stripping by hand is experimental; the types themselves are stripped by Node in either case.
 *
 * @template T
 * @param {() => T} action
 */
function silently (action) {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return action()
  } finally {
    process.emitWarning = emitWarning
  }
}

/** @param {string} file */
function read (file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/**
 * Appends `seconds, CPU seconds, file` when the process ends; tap tells the time without start and end.
 *
 * @param {string | undefined} file
 */
function noteCost (file) {
  if (file === undefined) return
  const test = relative(process.cwd(), process.argv[1] ?? '')
  process.once('exit', () => {
    const { user, system } = process.cpuUsage()
    appendFileSync(file, `${process.uptime().toFixed(2)} ${((user + system) / 1e6 + childrenSeconds()).toFixed(2)} ${test}\n`)
  })
}

/** CPU seconds of the processes that this one has started and waited for, and of theirs. */
function childrenSeconds () {
  // proc(5): the 16th and 17th field, in ticks of 10 ms; the second is a name in parentheses.
  const [user = 0, system = 0] = read('/proc/self/stat').split(') ')[1]?.split(' ').slice(13, 15).map(Number) ?? []
  return (user + system) / 100
}
