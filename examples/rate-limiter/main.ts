import fastify from 'fastify'
import rateLimiter from '@plimsoll/rate-limiter'

const app = fastify()

// Each account may send 5 requests in 10 seconds; without an account, each address. Who is refused ten times is banned for a while.
app.register(rateLimiter, {
  limit: 5,
  windowMs: 10_000,
  key: { header: 'x-account' },
  ban: { after: 10, forMs: 60_000 }
})

app.get('/products', async request => ({ left: request.rateLimit?.remaining }))

// This limit holds beside the other one.
app.post('/login', { config: { rateLimit: { name: 'login', limit: 2, windowMs: 60_000, key: 'address' } } }, async () => ({ welcome: true }))

// A search over everything costs as much as three others.
app.get('/search', { config: { rateLimit: { name: 'search', limit: 6, cost: req => req.url?.includes('all') === true ? 3 : 1 } } }, async () => ({ found: [] }))

const url = await app.listen({ host: '127.0.0.1', port: 0 })
const show = async (method: string, path: string, account: string): Promise<void> => {
  const response = await fetch(url + path, { method, headers: { 'x-account': account } })
  console.log(method, path, account, response.status, response.headers.get('ratelimit'), response.headers.get('retry-after') ?? '', await response.text())
}

for (let i = 0; i < 6; i++) await show('GET', '/products', 'ann')
await show('GET', '/products', 'bob')

console.log('limits stack:')
for (let i = 0; i < 3; i++) await show('POST', '/login', `account-${i}`)
await show('GET', '/search?all', 'carl')

console.log('by hand:')
app.rateLimiter.penalize('dora', 5)
await show('GET', '/products', 'dora')
app.rateLimiter.reset('dora')
await show('GET', '/products', 'dora')
app.rateLimiter.ban('eve', 60_000)
await show('GET', '/products', 'eve')

await app.close()
