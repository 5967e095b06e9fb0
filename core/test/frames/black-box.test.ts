import { EventEmitter } from 'node:events'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import t from 'tap'
import plimsoll from '@plimsoll/core'
import type { Frame } from '@plimsoll/core'
import { emptyFrame, fakeClock } from '@plimsoll/core/testing'
import { BlackBox } from '../../src/frames/black-box.ts'
import { Journal } from '../../src/journal.ts'
import { routeOf } from './traffic.ts'

interface Box { readonly reason: string, readonly pid: number, readonly frames: readonly Frame[], readonly journal: ReadonlyArray<{ readonly event: string }> }

const read = (file: string): Box => JSON.parse(readFileSync(file, 'utf8'))

function setup (t: { testdir (content?: Record<string, string>): string }, frames: number = 60): { readonly file: string, readonly box: BlackBox, readonly dying: EventEmitter & { readonly pid: number }, readonly tell: (frame: Frame) => void } {
  const clock = fakeClock()
  const journal = new Journal({ clock })
  journal.record({ component: 'shop', event: 'opened', message: 'open' })
  const listeners = new Set<(frame: Frame) => void>()
  const dying = Object.assign(new EventEmitter(), { pid: 7 })
  const file = join(t.testdir({}), 'box.json')
  const source = { subscribe (listener: (frame: Frame) => void) { listeners.add(listener); return () => listeners.delete(listener) } }
  const box = new BlackBox({ frames: source, journal, clock, process: dying }, { file, frames })
  return { file, box, dying, tell: (frame) => { for (const listener of listeners) listener(frame) } }
}

t.test('an uncaught exception leaves the last frames and the journal', async (t) => {
  const { file, dying, tell } = setup(t, 3)
  for (let sequence = 1; sequence <= 5; sequence++) tell(emptyFrame({ sequence }))
  dying.emit('uncaughtExceptionMonitor', new Error('out of stock'), 'unhandledRejection')
  dying.emit('exit', 1)
  const box = read(file)
  t.match(box, { pid: 7, journal: [{ event: 'opened' }] })
  t.match(box.reason, /^unhandledRejection: Error: out of stock\n/, 'the exception, not the exit that follows it')
  t.strictSame(box.frames.map(({ sequence }) => sequence), [3, 4, 5])
  t.equal(statSync(file).mode & 0o777, 0o600)
})

t.test('so does an exit with a code; one without leaves nothing', async (t) => {
  const { file, dying } = setup(t)
  dying.emit('exit', 0)
  t.notOk(existsSync(file))
  dying.emit('exit', 3)
  t.equal(read(file).reason, 'exit with code 3')
})

t.test('whatever was thrown is told; an error without a stack by its message', async (t) => {
  const { file, dying } = setup(t)
  dying.emit('uncaughtExceptionMonitor', Object.assign(new Error('bare'), { stack: undefined }), 'uncaughtException')
  t.equal(read(file).reason, 'uncaughtException: bare')
  const other = setup(t)
  other.dying.emit('uncaughtExceptionMonitor', 'a word', 'uncaughtException')
  t.equal(read(other.file).reason, 'uncaughtException: a word')
})

t.test('the file is bounded: the oldest of too large frames stay out', async (t) => {
  const { file, dying, tell } = setup(t)
  const routes = Array.from({ length: 20_000 }, (_, i) => routeOf(`/${i}`.padEnd(100, 'x'), {}))
  for (let sequence = 1; sequence <= 6; sequence++) tell(emptyFrame({ sequence, routes }))
  dying.emit('exit', 1)
  t.ok(statSync(file).size < 9 * 1024 * 1024)
  t.equal(read(file).frames.at(-1)?.sequence, 6)
})

t.test('a file that cannot be written harms nobody', async (t) => {
  const { file, dying } = setup(t)
  mkdirSync(file)
  t.doesNotThrow(() => dying.emit('exit', 1))
})

t.test('closed, it hears of nothing', async (t) => {
  const { file, box, dying } = setup(t)
  box.close()
  dying.emit('exit', 1)
  dying.emit('uncaughtExceptionMonitor', new Error('later'), 'uncaughtException')
  t.notOk(existsSync(file))
})

t.test('a real process that dies writes it', async (t) => {
  const file = join(t.testdir({}), 'box.json')
  const { status } = spawnSync(process.execPath, ['--conditions=plimsoll:source', fileURLToPath(new URL('../fixtures/dying-service.ts', import.meta.url)), file], { timeout: 20_000 })
  t.equal(status, 1)
  const box = read(file)
  t.match(box.reason, /^uncaughtException: Error: the end/)
  t.ok(box.frames.length >= 1)
})

t.test('the option is checked at register', async (t) => {
  const app = Fastify()
  app.register(plimsoll, { blackBox: { file: '', frames: 5 } })
  await t.rejects(async () => { await app.ready() }, { code: 'PLM_CORE_INVALID_OPTION', message: /blackBox.file/ })
})

t.test('an application with a black box closes, and goes by no name before it is ready', async t => {
  const app = Fastify()
  app.register(plimsoll, { blackBox: { file: join(t.testdir(), 'black-box.json') } })
  await app.after()
  t.equal(app.plimsoll.frames.instance, '')
  await app.ready()
  t.not(app.plimsoll.frames.instance, '')
  await app.close()
})
