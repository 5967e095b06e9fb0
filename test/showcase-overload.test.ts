import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'

const root = new URL('..', import.meta.url)

function start (...args: readonly string[]): { child: ChildProcess, printed: () => string } {
  const child = spawn(process.execPath, ['--conditions=plimsoll:source', 'examples/showcase/main.ts', '--overload', ...args], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => { text += chunk.toString() })
  return { child, printed: () => text }
}

t.test('npm start -- --overload leads both shops up and down again, shows them side by side, and ends with exit code 0', async t => {
  const { child, printed } = start('--scale', '0.02')
  const [code] = await once(child, 'exit')
  t.equal(code, 0)
  const summary = printed().slice(printed().indexOf('protected | bare'))
  for (const step of ['0.5x', '1x', '2x', '4x', '10x', '0.5x again']) {
    t.match(summary, new RegExp(`\n${step} +\\d+\\.\\d\\d \\| \\d+\\.\\d\\d +[\\d-]+ \\| [\\d-]+ +[\\d.]+ % \\| [\\d.]+ % `), step)
  }
})

t.test('Ctrl-C ends it at once, and everything that it started', async t => {
  const { child, printed } = start()
  while (!printed().includes('Measuring')) await once(child.stdout!, 'data')
  child.kill('SIGINT')
  const [code] = await once(child, 'exit')
  t.equal(code, 130)
})

t.test('a scale that is none is refused', async t => {
  const { child } = start('--scale', 'long')
  const [code] = await once(child, 'exit')
  t.equal(code, 2)
})
