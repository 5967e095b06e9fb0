import t from 'tap'
import { rateLimiterOptions, routeConfig } from '../src/options.ts'
import type { RateLimiterOptions } from '../src/options.ts'

const wrong: ReadonlyArray<readonly [options: Record<string, unknown>, message: string | RegExp]> = [
  [{ limit: 0 }, 'rate-limiter option limit is 0; give a whole number from 1 to 1000000000'],
  [{ limit: -1 }, /limit is -1/],
  [{ limit: NaN }, /limit is NaN/],
  [{ limit: 1.5 }, /limit is 1.5/],
  [{ limit: '100' }, /limit is "100"/],
  [{ limt: 5 }, 'rate-limiter option limt is 5; there is no such option; did you mean limit?'],
  [{ windowMs: 99 }, /windowMs is 99; give a number from 100/],
  [{ windowMs: Infinity }, /windowMs is Infinity/],
  [{ windowMs: '1 minute' }, /windowMs is "1 minute"/],
  [{ algorithm: 'best' }, /algorithm is "best"; give one of gcra, sliding-window, fixed-window, token-bucket, leaky-bucket/],
  [{ burst: 0 }, /burst is 0/],
  [{ algorithm: 'sliding-window', burst: 5 }, 'rate-limiter option burst is 5; leave it out: sliding-window lets its limit through at once'],
  [{ algorithm: 'fixed-window', cluster: true }, /cluster is true; leave it out, or take gcra, token-bucket or leaky-bucket/],
  [{ cluster: 'yes' }, /cluster is "yes"; give true or false/],
  [{ name: '' }, /name is ""; give a name/],
  [{ name: 'grün' }, /name is "grün"/],
  [{ key: 'ip' }, /key is "ip"; give 'address', { header: name }, or a function/],
  [{ key: null }, /key is null/],
  [{ key: {} }, /key.header is undefined; it is needed/],
  [{ key: { header: '' } }, /key.header is ""/],
  [{ key: { head: 'x' } }, /key.head is "x"; there is no such option; did you mean header/],
  [{ cost: -1 }, /cost is -1; give a whole number from 0/],
  [{ cost: 0.5 }, /cost is 0.5/],
  [{ limit: 10, cost: 11 }, 'rate-limiter option cost is 11; give at most 10, which is all that can be there at once'],
  [{ algorithm: 'leaky-bucket', cost: 2 }, /cost is 2; give at most 1,/],
  [{ maxKeys: 0 }, /maxKeys is 0/],
  [{ ban: { after: 3 } }, /ban.forMs is undefined; it is needed/],
  [{ ban: { after: 0, forMs: 5 } }, /ban.after is 0/],
  [{ ban: true }, /ban is true; give an object/],
  [{ global: false, limit: 5 }, /limit is 5; leave it out, or leave global out/],
  [{ limits: [{ name: 'a' }] }, /limits\[0\].limit is undefined; it is needed/],
  [{ limits: [{ limit: 1 }] }, /limits\[0\].name is undefined; it is needed/],
  [{ limits: [{ name: 'a', limit: 1, algorithm: 'fixed-window', burst: 1 }] }, /limits\[0\].burst is 1; leave it out/],
  [{ limits: Array.from({ length: 21 }, () => ({ name: 'a', limit: 1 })) }, /limits is an array of 21; give an array of at most 20/],
  [{ allow: ['10.0.0.0/33'] }, /allow\[0\] is "10.0.0.0\/33"; give an IP address or a range/],
  [{ deny: 'all' }, /deny is "all"; give an array/],
  [{ headers: 'yes' }, /headers is "yes"; give one of draft, classic, both, none/],
  [{ ipv6Prefix: 0 }, /ipv6Prefix is 0/],
  [{ response: {} }, /response is an object; give a function/],
  [{ onRefused: 1 }, /onRefused is 1; give a function/],
  [{ enabled: 1 }, /enabled is 1; give true or false/],
  [{ dryRun: 'no' }, /dryRun is "no"/]
]

for (const [options, message] of wrong) {
  t.test(`refused: ${JSON.stringify(options).slice(0, 100)}`, async t => {
    t.throws(() => rateLimiterOptions.resolve(options as RateLimiterOptions), { code: 'PLM_RATE_LIMITER_INVALID_OPTION', message })
  })
}

t.test('without options everything has its stated default', async t => {
  t.match(rateLimiterOptions.resolve({}).values, { enabled: true, dryRun: false, global: true, limit: undefined, windowMs: 60_000, algorithm: undefined, cost: 1, maxKeys: 100_000, allow: [], deny: [], headers: 'draft', ipv6Prefix: 64, limits: [], ban: undefined })
})

t.test('what is given is taken; names of headers are in lower case', async t => {
  const key = (): string => 'a'
  t.equal(rateLimiterOptions.resolve({ key }).values.key, key)
  t.equal(rateLimiterOptions.resolve({ key: 'address' }).values.key, 'address')
  t.same(rateLimiterOptions.resolve({ key: { header: 'X-Api-Key' } }).values.key, { header: 'x-api-key' })
  t.same(rateLimiterOptions.resolve({ ban: { after: 3, forMs: 500 } }).values.ban, { after: 3, forMs: 500 })
  t.equal(rateLimiterOptions.resolve({ allow: () => true }).values.allow instanceof Function, true)
})

t.test('what a route may say', async t => {
  t.equal(routeConfig.resolve({}).values.rateLimit, true)
  t.equal(routeConfig.resolve({ rateLimit: false }).values.rateLimit, false)
  t.match(routeConfig.resolve({ rateLimit: { limit: 5 } }).values.rateLimit, [{ limit: 5, global: true }])
})
