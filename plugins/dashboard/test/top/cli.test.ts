import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { measured } from '../../../../tools/measured-process.ts'
import { aView } from './a-view.ts'
import { standIn } from './stand-in.ts'
import { until } from './until.ts'

t.setTimeout(300_000)

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
const ARGUMENTS = ['--conditions=plimsoll:source', CLI, 'top']

function start (args: readonly string[]): { readonly child: ChildProcess, readonly printed: () => string } {
  const child = spawn(process.execPath, [...ARGUMENTS, ...args], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...measured, NO_COLOR: '1' } })
  t.teardown(() => { child.kill('SIGKILL') })
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => { text += chunk.toString() })
  return { child, printed: () => text }
}

t.test('as a process it prints one view, and ends by itself', async (t) => {
  const { url } = await standIn(t)
  const { stdout } = await promisify(execFile)(process.execPath, [...ARGUMENTS, '--once', '--text', url], { env: { ...process.env, ...measured, PLIMSOLL_TOKEN: 'x' } })
  t.match(stdout, /OK {2}all is well/)
})

t.test('it fails with its exit code, and one line', async (t) => {
  const { url, stop } = await standIn(t)
  await stop()
  const failed = await promisify(execFile)(process.execPath, [...ARGUMENTS, url], { env: { ...process.env, ...measured } }).catch((error: unknown) => Object(error))
  t.match(failed, { code: 1, stdout: '', stderr: `${url} refuses connections: nothing listens there\n` })
})

t.test('it goes on for as long as there are views, and a signal ends it in its order', async (t) => {
  const { url, send, streams } = await standIn(t)
  const { child, printed } = start([url])
  await until(() => printed().split('\n').length === 2)
  send(aView({ id: 2 }))
  await until(() => printed().split('\n').length === 3)
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  t.equal(code, 143)
  await until(() => streams.size === 0)
})

t.test('a pipe that is closed ends it', async (t) => {
  const { url, send, streams } = await standIn(t)
  const { child, printed } = start([url])
  await until(() => printed() !== '')
  child.stdout?.destroy()
  const exited = once(child, 'exit')
  const sending = setInterval(() => { send(aView({ id: 2 })) }, 20)
  const [code] = await exited
  clearInterval(sending)
  t.equal(code, 0)
  await until(() => streams.size === 0)
})

t.test('in a real terminal it draws, answers to q, and leaves it as it was', async (t) => {
  const script = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'script')).find(isExecutable)
  if (script === undefined) {
    t.pass('needs script', { skip: 'script of util-linux is not on PATH' })
    return
  }
  const { url, streams } = await standIn(t)
  const command = [process.execPath, ...ARGUMENTS, url].map((part) => `'${part}'`).join(' ')
  const child = spawn(script, ['-qec', `stty rows 30 cols 90; ${command}; stty -a`, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...measured, TERM: 'xterm-256color', NO_COLOR: undefined, FORCE_COLOR: undefined, CI: undefined } })
  t.teardown(() => { child.kill('SIGKILL') })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => { text += chunk.toString() })
  await until(() => text.includes('all is well') && streams.size === 1)
  t.match(text, '\u001b[?1049h')
  t.match(text, '\u001b[32mOK  all is well\u001b[0m')
  child.stdin.write('q')
  const [code] = await once(child, 'exit')
  t.equal(code, 0)
  const after = text.slice(text.lastIndexOf('\u001b[?1049l'))
  t.match(after, /[^-]icanon/, 'lines are read as before')
  t.match(after, /[^-]echo /)
})

function isExecutable (file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
