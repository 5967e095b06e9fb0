import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { dirname } from 'node:path'
import t from 'tap'
import { findService, skipWithout } from '../tools/services.ts'

t.setTimeout(300_000)

const root = new URL('..', import.meta.url)

interface Started {
  readonly child: ChildProcess
  readonly printed: () => string
  /** Resolves when `text` was printed; rejects when the process ends without. */
  readonly says: (text: string) => Promise<void>
}

function start (args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(process.execPath, ['--conditions=plimsoll:source', 'examples/showcase/main.ts', ...args], { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => { child.kill('SIGKILL') })
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => { text += chunk.toString() })
  const exited = once(child, 'exit').then(() => { throw new Error(`it ended after:\n${text}`) })
  exited.catch(() => {})
  const printed = (): string => text
  return {
    child,
    printed,
    says: async (wanted) => { while (!text.includes(wanted)) await Promise.race([once(child.stdout!, 'data'), exited]) }
  }
}

t.test('npm start -- --instances 3: one is killed, Redis stops for five seconds, no request fails, and Ctrl-C ends it all', async (t) => {
  if (await skipWithout(t, 'redis-server')) return
  const { child, printed, says } = start(['--instances', '3', '--scale', '0.3'], { PATH: `${dirname(await findService('redis-server'))}:${process.env['PATH'] ?? ''}` })
  await says('That was it')
  const story = printed()
  t.match(story, /shop-\d leads the stock count; 12 permits/)
  t.match(story, /(shop-\d) leads no longer: killed with -9\.[^]*\nshop-\d leads \d+\.\d s later[^]*\n\1 is back, as another process/)
  t.match(story, /Everybody is on its own after \d+\.\d s: nobody leads/)
  t.match(story, /back in the cluster after \d+\.\d s\. Meanwhile [1-9]\d+ requests were served and 0 failed\.[^]*shop-\d leads after \d/)
  t.match(story, /: cluster leads share \d+ used \d+ served \d+ failed 0/)
  t.match(story, /shop-1: degraded share 0 used 0/)

  const ports = Array.from(story.matchAll(/127\.0\.0\.1:(\d+)\/products/g), ([, port]) => port)
  t.equal(ports.length, 3)
  child.kill('SIGINT')
  const [code] = await once(child, 'exit')
  t.equal(code, 0)
  for (const port of [...ports, /Redis on port (\d+)/.exec(story)?.[1]]) await t.rejects(fetch(`http://127.0.0.1:${port}/products`), `nothing is left on port ${port}`)
})

t.test('Ctrl-C ends it in the middle as well', async (t) => {
  if (await skipWithout(t, 'redis-server')) return
  const { child, printed, says } = start(['--instances', '2'], { PATH: `${dirname(await findService('redis-server'))}:${process.env['PATH'] ?? ''}` })
  await says('leads the stock count')
  child.kill('SIGINT')
  const [code] = await once(child, 'exit')
  t.equal(code, 0)
  t.match(printed(), /Ended: every instance and Redis are gone/)
})

t.test('without Redis on the machine it says so in one line, and one instance runs', async (t) => {
  const { child, printed, says } = start(['--instances', '3', '--port', '0'], { PATH: t.testdir() })
  await says('Ctrl-C ends it')
  const [first, second] = printed().split('\n')
  t.match(first, /^There is no redis-server .* one instance, on its own/)
  t.match(second, /showcase serves/)
  child.kill('SIGINT')
  await once(child, 'exit')
})

t.test('a number of instances that is none is refused', async (t) => {
  for (const count of ['1', '11', 'many']) {
    const { child } = start(['--instances', count])
    const [code] = await once(child, 'exit')
    t.equal(code, 2, count)
  }
})
