import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { getHeapStatistics } from 'node:v8'
import t from 'tap'
import { heapLimit, oldGenerationUsed } from '../../src/vitals/heap.ts'

const { heap_size_limit: ofV8 } = getHeapStatistics()

t.test('the limit is that of the old generation where one was given, else V8\'s', async (t) => {
  t.equal(heapLimit([]), ofV8)
  t.equal(heapLimit(['--max-old-space-size=64', '--enable-source-maps', '--max_old_space_size=96', '--max-semi-space-size=2']), 96 * 2 ** 20)
  t.equal(heapLimit(['--max-old-space-size=99999999']), ofV8, 'no more than there is')
  t.ok(heapLimit() <= ofV8)
})

t.test('the young generation does not count', async (t) => {
  const { heapUsed } = process.memoryUsage()
  t.ok(oldGenerationUsed(heapUsed) < heapUsed)
  t.equal(oldGenerationUsed(0), 0)
})

t.test('a process with a small heap sees it full before it dies of it', async (t) => {
  const fill = `
    import { heapLimit, oldGenerationUsed } from ${JSON.stringify(new URL('../../src/vitals/heap.ts', import.meta.url).href)}
    const kept = []
    while (oldGenerationUsed(process.memoryUsage().heapUsed) < 0.9 * heapLimit()) kept.push(Array.from({ length: 2 ** 16 }, Math.random))
    console.log('full at', kept.length)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--max-old-space-size=64', '--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', fill])
  t.match(stdout, /^full at \d+/)
})
