import t from 'tap'
import { readArguments } from '../src/console/arguments.ts'
import { runConsole } from '../src/console/run.ts'
import { table } from '../src/console/table.ts'
import { whereIs } from '../src/console/where.ts'

t.test('each command is read with its arguments', async (t) => {
  const command = (...argv: string[]): unknown => readArguments(argv, {}).command
  for (const name of ['status', 'leaders', 'shares', 'queues']) t.same(command(name), { name })
  t.same(command(), { name: 'help' })
  t.same(command('status', '--help'), { name: 'help' })
  t.same(command('dead-letters', 'q'), { name: 'dead-letters', queue: 'q', limit: 100 })
  t.same(command('dead-letters', 'list', 'q', '--limit', '7'), { name: 'dead-letters', queue: 'q', limit: 7 })
  t.same(command('dead-letters', 'requeue', 'q', 'id'), { name: 'requeue', queue: 'q', id: 'id', limit: 100 })
  t.same(command('dead-letters', 'requeue', 'q', '--all'), { name: 'requeue', queue: 'q', id: undefined, limit: 100 })
  t.same(command('release', 'boss'), { name: 'release', election: 'boss' })
})

t.test('the URL may stand in the environment, where no list of processes shows it', async (t) => {
  t.equal(readArguments(['status'], { PLIMSOLL_REDIS_URL: 'redis://a' }).url, 'redis://a')
  t.match(readArguments(['status', '--url', 'redis://b', '--namespace', 'n', '--key-prefix', 'p', '--json'], { PLIMSOLL_REDIS_URL: 'redis://a' }), { url: 'redis://b', namespace: 'n', keyPrefix: 'p', json: true })
})

t.test('what makes no sense is refused, saying what is wrong, with exit code 2', async (t) => {
  for (const [argv, why] of [
    [['nonsense'], /no command nonsense/],
    [['status', 'more'], /no use for more/],
    [['release'], /name of an election/],
    [['release', 'a', 'b'], /no use for b/],
    [['dead-letters'], /one queue/],
    [['dead-letters', 'a', 'b'], /one queue/],
    [['dead-letters', 'list'], /one queue/],
    [['dead-letters', 'requeue'], /an id or --all/],
    [['dead-letters', 'requeue', 'q'], /an id or --all/],
    [['dead-letters', 'requeue', 'q', 'id', '--all'], /an id or --all/],
    [['dead-letters', 'requeue', 'q', 'id', 'more'], /no use for more/],
    [['status', '--limit', '0'], /--limit takes/],
    [['status', '--limit', 'x'], /--limit takes/],
    [['status', '--limit', '10001'], /--limit takes/],
    [['status', '--nonsense'], /--nonsense/],
    [['status', '--url', 'redis://a', '--cluster', '--sentinel', 'g'], /not both/],
    [['status', '--url', '/tmp/socket', '--cluster'], /begins with redis:/],
    [['status', '--url', 'redis://:5ecret@:', '--sentinel', 'g'], /begins with redis:/],
    [['status'], /--url/]
  ] as const) {
    let error = ''
    t.equal(await runConsole(argv, { environment: {}, out: () => {}, error: (text) => { error += text } }), 2, argv.join(' '))
    t.match(error, why)
  }
})

t.test('one URL says where a Cluster or a Sentinel is as well', async (t) => {
  t.same(whereIs({ url: 'redis://a', cluster: false, sentinel: undefined }), { url: 'redis://a' })
  t.same(whereIs({ url: 'redis://a', cluster: true, sentinel: undefined }), { cluster: [{ host: 'a' }], tls: false })
  t.same(whereIs({ url: 'rediss://me:p%40ss@[::1]:7000', cluster: true, sentinel: undefined }), { cluster: [{ host: '::1', port: 7000 }], username: 'me', password: 'p@ss', tls: true })
  t.same(whereIs({ url: 'rediss://:s@b:26380/2', cluster: false, sentinel: 'shop' }), { sentinels: [{ host: 'b', port: 26380 }], sentinelName: 'shop', password: 's', db: 2, tls: true, sentinelTls: true })
  t.match(readArguments(['status', '--url', 'redis://a', '--cluster'], {}), { cluster: true, sentinel: undefined })
  t.match(readArguments(['status', '--url', 'redis://a', '--sentinel', 'shop'], {}), { cluster: false, sentinel: 'shop' })
})

t.test('a URL that is none is not shown', async (t) => {
  let error = ''
  t.equal(await runConsole(['status', '--url', 'http://:5ecret@x'], { environment: {}, out: () => {}, error: (text) => { error += text } }), 1)
  t.match(error, /redis:\/\//)
  t.notMatch(error, /5ecret/)
})

t.test('help is printed', async (t) => {
  let out = ''
  t.equal(await runConsole([], { environment: {}, out: (text) => { out += text }, error: () => {} }), 0)
  t.match(out, /Usage: npx @plimsoll\/redis-coordinator/)
})

t.test('a table has columns, and what a terminal would obey is taken out', async (t) => {
  t.equal(table(['a', 'b'], []), 'none\n')
  t.equal(table(['a', 'long heading', 'c'], [['x\u001b[2J', 1, undefined], [null, { k: 'v' }, '']]), 'a      long heading  c\nx?[2J  1             -\n-      {"k":"v"}\n')
  t.equal(table(['a'], [['x'.repeat(500)]]).split('\n')[1]?.length, 200)
})
