import fastify from 'fastify'
import loadShedder from '@plimsoll/load-shedder'

const app = fastify()
app.register(loadShedder)

// Under load, the cheap things go first: `batch`, `low`, then `normal`. `critical` goes last.
app.post('/checkout', { config: { priority: 'critical' } }, async () => ({ ordered: true }))
app.get('/export', { config: { priority: 'batch' } }, async () => ({ rows: 10_000 }))

// Instead of a 503, this route answers with something that costs nothing.
app.get('/recommendations', { config: { priority: 'low', degrade: () => ({ items: [], degraded: true }) } }, async () => ({ items: [7, 12] }))

// Optional work can be left out early.
app.get('/product', async () => app.isUnderPressure() ? { name: 'rope' } : { name: 'rope', alsoBought: [7, 12] })

const url = await app.listen({ host: '127.0.0.1', port: 0 })
const show = async (method: string, path: string): Promise<void> => {
  const response = await fetch(url + path, { method })
  console.log(method, path, response.status, response.headers.get('retry-after') ?? '', await response.text())
}

console.log('as it is:')
await show('POST', '/checkout')
await show('GET', '/recommendations')

// What an operator would do in an emergency; the shedder does the like by itself when it has to.
app.loadShedder.forceOn()
console.log('everything but critical refused:')
await show('POST', '/checkout')
await show('GET', '/export')
await show('GET', '/recommendations')
await show('GET', '/product')

await app.close()
