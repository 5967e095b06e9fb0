import t from 'tap'
import { UsageError } from '../../src/top/top-error.ts'
import { readOptions } from '../../src/top/top-options.ts'

t.test('a URL is enough', async (t) => {
  t.same(readOptions(['top', 'http://host/plimsoll'], {}), { url: 'http://host/plimsoll', authorization: undefined, instance: undefined, once: false, check: false, format: 'whichever' })
})

t.test("the URL may be the surface's or the page's, as it is copied from a browser", async (t) => {
  for (const [given, url] of [
    ['http://host:9090', 'http://host:9090'],
    ['http://host:9090/', 'http://host:9090'],
    ['https://host/a/b/plimsoll/', 'https://host/a/b/plimsoll'],
    ['http://host/plimsoll/dashboard', 'http://host/plimsoll'],
    ['http://host/plimsoll/dashboard/#routes', 'http://host/plimsoll'],
    ['http://host/plimsoll/dashboard/?x=1', 'http://host/plimsoll'],
    ['http://[::1]:3000/plimsoll', 'http://[::1]:3000/plimsoll']
  ]) t.equal(Object(readOptions(['top', given!], {})).url, url)
})

t.test('who asks is told by a token, of the command line or the environment, or by a name and password in the URL', async (t) => {
  const authorization = (args: readonly string[], environment = {}): unknown => Object(readOptions(['top', ...args], environment)).authorization
  t.equal(authorization(['http://h', '--token', 'abc']), 'Bearer abc')
  t.equal(authorization(['http://h'], { PLIMSOLL_TOKEN: 'env' }), 'Bearer env')
  t.equal(authorization(['http://h', '--token', 'abc'], { PLIMSOLL_TOKEN: 'env' }), 'Bearer abc')
  t.equal(authorization(['http://h'], { PLIMSOLL_TOKEN: '' }), undefined)
  t.equal(authorization(['http://olga:p%40ss@h']), `Basic ${Buffer.from('olga:p@ss').toString('base64')}`)
  t.equal(authorization(['http://olga:50%@h']), `Basic ${Buffer.from('olga:50%').toString('base64')}`)
  t.equal(authorization(['http://olga:pass@h'], { PLIMSOLL_TOKEN: 'env' }), 'Bearer env')
  t.match(readOptions(['top', 'http://olga:pass@h/p'], {}), { url: 'http://h/p' })
})

t.test('the others', async (t) => {
  t.match(readOptions(['top', 'http://h', '--once', '--json', '--instance', 'shop-1'], {}), { once: true, check: false, format: 'json', instance: 'shop-1' })
  t.match(readOptions(['top', '--text', 'http://h'], {}), { once: false, format: 'text' })
  t.match(readOptions(['top', '--check', 'http://h'], {}), { once: true, check: true })
  t.equal(readOptions(['--help'], {}), 'help')
  t.equal(readOptions(['top', '-h'], {}), 'help')
})

t.test('what makes no sense is refused, saying why', async (t) => {
  for (const [args, why] of [
    [[], /command is top/],
    [['stats', 'http://h'], /command is top/],
    [['top'], /URL is missing/],
    [['top', 'host/plimsoll'], /begin with http/],
    [['top', 'ftp://host'], /begin with http/],
    [['top', 'http://'], /begin with http/],
    [['top', 'http://h', 'more'], /no use for more/],
    [['top', 'http://h', '--json', '--text'], /not both/],
    [['top', 'http://h', '--instance', ''], /needs an id/],
    [['top', 'http://h', '--nonsense'], /--nonsense/],
    [['top', 'http://h', '--token'], /--token/]
  ] as const) t.throws(() => { readOptions(args, {}) }, Object.assign(new UsageError(), { message: why }), args.join(' '))
})

t.test('a token is never shown, whatever is wrong with it', async (t) => {
  for (const token of ['sec ret', 'secret\n', 'secrét', 'sec\u001bret']) {
    try {
      readOptions(['top', 'http://h', '--token', token], {})
      t.fail('it was taken')
    } catch (error) {
      t.ok(error instanceof UsageError)
      t.notMatch(String(error), /sec|ret/)
    }
  }
})
