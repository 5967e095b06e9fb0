import { EventEmitter } from 'node:events'
import { fakeClock } from '@plimsoll/core/testing'
import { Cluster, Redis } from 'ioredis'
import fc from 'fast-check'
import t from 'tap'
import { ABSENT, revisionOf } from '@plimsoll/core'
import { ChangeFeed } from '../src/change-feed.ts'
import { Connection } from '../src/connection.ts'
import { batchFrom } from '../src/entry-codec.ts'
import { textOf, unavailable } from '../src/failure.ts'
import { MicrotaskBatch } from '../src/microtask-batch.ts'
import { QueueTurn } from '../src/queue-turn.ts'
import type { Claimed, Settlement } from '../src/queue-turn.ts'
import { ReadyFeed } from '../src/ready-feed.ts'
import { Namespace } from '../src/namespace.ts'
import { readFields, writeFields } from '../src/netstring.ts'
import { sharesMessage } from '../src/redis-capacity.ts'
import type { RedisClient } from '../src/redis-client.ts'
import { Reply } from '../src/reply.ts'
import { RevisionSeen, revisionText } from '../src/revision-seen.ts'
import { checkServer } from '../src/server-check.ts'
import { Subscriptions } from '../src/subscriptions.ts'

t.test('fields come back as they were written, and anything else is refused', async (t) => {
  fc.assert(fc.property(fc.array(fc.uint8Array()), (fields) => {
    const read = readFields(writeFields(fields))
    return read.length === fields.length && read.every((field, i) => field.equals(fields[i] ?? new Uint8Array()))
  }))
  for (const text of ['x', '3:ab', 'a:b', '-1:', '1', '99999999999:a']) t.throws(() => readFields(Buffer.from(text)), RangeError, text)
})

t.test('a reply is read field by field, and refused where it is not what was to come', async (t) => {
  const reply = new Reply([Buffer.from('text'), 5, Buffer.from('6'), Buffer.from(''), null])
  t.equal(reply.length, 5)
  t.equal(reply.text(0), 'text')
  t.equal(reply.number(1), 5)
  t.equal(reply.number(2), 6)
  t.equal(reply.numberOrNone(3), undefined)
  t.equal(reply.numberOrNone(2), 6)
  for (const read of [() => reply.text(4), () => reply.bytes(1), () => reply.number(0), () => reply.number(3), () => reply.number(9), () => new Reply('OK')]) t.throws(read, RangeError)
})

t.test('messages of strangers on our channels are no messages', async (t) => {
  for (const text of ['', 'hello', '3:abc', '1:x1:y1:z', '1:11:21:31:k5:value']) {
    t.throws(() => batchFrom(Buffer.from(text)), RangeError, text)
    t.equal(sharesMessage(Buffer.from(text)), undefined)
  }
})

t.test('a failure is Unavailable, says why, and whether it may have been applied', async (t) => {
  const reply = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError', command: { name: 'auth', args: ['5ecret'] } })
  for (const [error, code, ambiguous] of [
    [reply('NOAUTH Authentication required.'), 'WRONG_PASSWORD', false],
    [reply('WRONGPASS invalid username-password pair or user is disabled.'), 'WRONG_PASSWORD', false],
    [reply('ERR invalid password'), 'WRONG_PASSWORD', false],
    [reply('NOPERM this user has no permissions to run the \'evalsha\' command'), 'FORBIDDEN', false],
    [reply('ERR ACL failure in script: No permissions to access a key'), 'FORBIDDEN', false],
    [reply('READONLY You can\'t write against a read only replica.'), 'READ_ONLY', false],
    [reply('ERR Error running script: @user_script: -READONLY You can\'t write'), 'READ_ONLY', false],
    [reply('NOREPLICAS Not enough good replicas to write.'), 'READ_ONLY', false],
    [reply('OOM command not allowed when used memory > \'maxmemory\'.'), 'OUT_OF_MEMORY', false],
    [reply('WRONGTYPE Operation against a key holding the wrong kind of value'), 'WRONG_TYPE', false],
    [reply('PLMFORMAT 2 script: x'), 'OTHER_FORMAT', false],
    [reply('LOADING Redis is loading the dataset in memory'), 'REFUSED', false],
    [new Error('Stream isn\'t writeable and enableOfflineQueue options is false'), 'UNREACHABLE', false],
    [new Error('Connection is closed.'), 'UNREACHABLE', true],
    [new Error('Reached the max retries per request limit'), 'UNREACHABLE', true],
    ['a string', 'UNREACHABLE', true]
  ] as const) {
    const failure = unavailable(error)
    t.equal(failure.code, 'PLM_COORDINATOR_UNAVAILABLE')
    t.match(failure.cause, { code: `PLM_REDIS_COORDINATOR_${code}` })
    t.equal(failure.ambiguous, ambiguous, String(error))
    t.notMatch(JSON.stringify(failure), /5ecret/)
  }
  t.match(unavailable(new Error('Connection is closed.'), 'connect ECONNREFUSED').message, /ECONNREFUSED/, 'what the connection said last')
  t.equal(textOf(new Error('one\ntwo')), 'one')
  t.equal(textOf(new Error('x'.repeat(1_000))).length, 300)
  t.equal(textOf(new AggregateError([])), 'AggregateError')
})

t.test('what is asked in one turn goes as one, up to a limit, and each gets its own answer', async (t) => {
  const sent: (readonly number[])[] = []
  const batch = new MicrotaskBatch<number, number>(async (items) => {
    sent.push(items)
    if (items.includes(13)) throw new Error('thirteen')
    return items.filter((item) => item !== 7).map((item) => item * 2)
  }, 3)
  t.same(await Promise.all([1, 2, 3, 4].map((item) => batch.add(item))), [2, 4, 6, 8])
  t.same(sent, [[1, 2, 3], [4]])
  t.same((await Promise.allSettled([batch.add(13), batch.add(1)])).map(({ status }) => status), ['rejected', 'rejected'])
  t.same((await Promise.allSettled([batch.add(1), batch.add(7)])).map(({ status }) => status), ['fulfilled', 'rejected'])
})

t.test('what consumers ask for in one turn is one script: ends first, then claims', async (t) => {
  const sent: string[] = []
  const turn = new QueueTurn(async (settlements, claims) => {
    sent.push(`${settlements.map(({ operation }) => operation).join()} ${claims.map(({ limit }) => limit).join()}`)
    if (claims.some(({ limit }) => limit === 13)) throw new Error('thirteen')
    return { settled: settlements.map(({ what }) => what === 'ack'), claimed: claims.map(({ limit }) => ({ nextInMs: limit })) }
  })
  const settle = (operation: string, what: Settlement['what'] = 'ack'): Promise<boolean> => turn.settle({ operation, what, receipt: { id: 'i', attempt: 1 }, ms: 0 })
  const claim = (limit: number): Promise<Claimed> => turn.claim({ operation: `c${limit}`, limit })
  t.same(await Promise.all([claim(1), settle('a'), settle('b', 'release'), claim(2)]), [{ nextInMs: 1 }, true, false, { nextInMs: 2 }])
  t.same(sent, ['a,b 1,2'])
  t.same((await Promise.allSettled([claim(13), settle('c')])).map(({ status }) => status), ['rejected', 'rejected'])
  sent.length = 0
  t.same(await Promise.all([...Array.from({ length: 33 }, () => settle('d')), claim(1), claim(2)]), [...Array.from({ length: 33 }, () => true), { nextInMs: 1 }, { nextInMs: 2 }])
  t.same(sent.map((one) => one.split(' ').map((asked) => asked.split(',').length)), [[32, 2], [1, 1]], 'no script is longer')
  t.equal(sent[1], 'd ')
  await Promise.all(Array.from({ length: 32 }, () => settle('d')))
  t.equal(sent.length, 3, 'and none is empty')
})

t.test('who waits for a queue is told by its messages, and of those that were lost by the next message or renewal', async (t) => {
  const told: string[] = []
  let receive: ((message: Buffer) => void) | undefined
  const feed = new ReadyFeed({
    listen: (_channel, listener) => {
      receive = listener
      return () => { receive = undefined }
    }
  })
  const message = (version: number, queue: string): void => receive?.(writeFields([Buffer.from(String(version)), Buffer.from(queue)]))
  const expect = (wanted: readonly string[], why: string): void => { t.same(told.splice(0), wanted, why) }
  feed.told(3)
  expect([], 'nobody waits')
  const stopA = feed.listen('a', () => { told.push('a') })
  const stopB = feed.listen('b', () => { told.push('b') })
  const stopAgain = feed.listen('a', () => { told.push('a too') })
  feed.told(5)
  expect(['a', 'a too', 'b'], 'what came before it listened')
  feed.told(5)
  message(6, 'a')
  expect(['a', 'a too'], 'its own queue')
  message(7, 'another')
  expect([], 'a queue that nobody waits for')
  message(9, 'a')
  expect(['a', 'a too', 'b'], 'number 8 was lost')
  feed.told(10)
  expect(['a', 'a too', 'b'], 'number 10 was lost')
  receive?.(Buffer.from('nonsense'))
  expect([], 'not one of ours')
  stopAgain()
  stopA()
  stopA()
  t.ok(receive, 'b still waits')
  stopB()
  t.notOk(receive, 'nobody waits')
  feed.listen('b', () => { told.push('b') })
  message(20, 'b')
  expect(['b'], 'the first message says nothing of those before')
})

t.test('the highest revision that was seen is kept', async (t) => {
  const seen = new RevisionSeen()
  t.same(seen.args(), ['0', '0'])
  seen.see(revisionOf(7, 5))
  t.equal(seen.see(revisionOf(7, 4)), revisionOf(7, 4))
  t.equal(seen.revision, revisionOf(7, 5))
  t.same(seen.args(), ['7', '5'])
  t.equal(revisionText(ABSENT), '0')
  t.equal(revisionText(revisionOf(7, 5)), '7:5')
})

/** A client that connects when it is told to, for what a real server cannot be made to do at will. */
class TestClient extends EventEmitter implements RedisClient {
  status = 'wait'
  refusals = 0
  readonly sent: string[] = []
  async connect (): Promise<void> {}
  disconnect (reconnect = false): void { this.sent.push(reconnect ? 'reconnect' : 'disconnect') }
  async callBuffer (command: string): Promise<unknown> {
    this.sent.push(command)
    return await new Promise(() => {})
  }

  async publish (): Promise<number> { return 0 }
  async subscribe (channel: string): Promise<unknown> {
    this.sent.push(`subscribe ${channel}`)
    if (this.refusals > 0) {
      this.refusals -= 1
      throw new Error('No subscriber for the cluster')
    }
    return 1
  }

  async unsubscribe (channel: string): Promise<unknown> {
    this.sent.push(`unsubscribe ${channel}`)
    return await Promise.reject(new Error('gone'))
  }

  ready (): void {
    this.status = 'ready'
    this.emit('ready')
  }
}

t.test('subscriptions exist while somebody listens, and are made again over a new connection', async (t) => {
  const clock = fakeClock()
  const client = new TestClient()
  const subscriptions = new Subscriptions(new Connection(() => client, { clock, timeoutMs: 100 }), new Namespace('n'), clock)
  const heard: string[] = []
  const listener = (message: Buffer): void => { heard.push(message.toString()) }
  const stop = subscriptions.listen('ready', listener)
  t.same(client.sent, [], 'not before the driver connects')
  subscriptions.activate()
  client.refusals = 1
  client.ready()
  t.same(client.sent, ['subscribe plimsoll:{n}:ready'])
  await new Promise(setImmediate)
  clock.advance(100)
  t.equal(client.sent.length, 2, 'once more where it was refused')
  const other = subscriptions.listen('shares', listener)
  t.same(client.sent.slice(2), ['subscribe plimsoll:{n}:shares'])
  const second = subscriptions.listen('ready', listener)
  t.equal(client.sent.length, 3, 'one for all who listen')
  client.emit('messageBuffer', Buffer.from('plimsoll:{n}:shares'), Buffer.from('one'))
  client.emit('messageBuffer', Buffer.from('plimsoll:{n}:changes'), Buffer.from('nobody listens'))
  client.emit('messageBuffer', Buffer.from('another'), Buffer.from('not ours'))
  client.emit('messageBuffer', Buffer.from('plimsoll:{n}:shares'), 'no bytes')
  t.same(heard, ['one'])
  client.ready()
  t.equal(client.sent.length, 5)
  client.status = 'reconnecting'
  other()
  t.equal(client.sent.length, 5, 'nothing is sent to nobody')
  client.status = 'ready'
  stop()
  stop()
  second()
  t.equal(client.sent.at(-1), 'unsubscribe plimsoll:{n}:ready')
  subscriptions.listen('ready', listener)
  subscriptions.close()
  t.equal(client.sent.at(-1), 'disconnect')
})

t.test('a connection is replaced when nothing is answered, but not since this process was busy', async (t) => {
  const clock = fakeClock()
  const client = new TestClient()
  let made = 0
  let readies = 0
  const connection = new Connection(() => {
    made += 1
    return made === 1 ? client : new TestClient()
  }, { clock, timeoutMs: 100 })
  connection.onReady = () => { readies += 1 }
  connection.reconnect()
  connection.start()
  client.ready()
  connection.call('one')
  clock.advance(101)
  connection.call('two')
  t.same(client.sent, ['one', 'two'])
  await new Promise(setImmediate)
  t.same(client.sent, ['one', 'two', 'disconnect'], 'and another one is made')
  t.equal(made, 2)
  client.ready()
  client.emit('connecting')
  client.emit('error', new Error('of the old one'))
  t.equal(readies, 1, 'whatever the old one does')
  t.equal(connection.lastError, undefined)
  clock.advance(200)
  await t.rejects(async () => { await Promise.race([connection.call('three'), Promise.reject(new Error('sent, to one that is not ready'))]) })
  t.equal(made, 2, 'the attempt may take that long')
  clock.advance(1)
  connection.reconnect()
  t.equal(made, 3, 'and no longer')
  const busy = new TestClient()
  busy.callBuffer = async () => { await new Promise((resolve) => { process.nextTick(resolve) }) }
  const other = new Connection(() => busy, { clock, timeoutMs: 100 })
  other.start()
  busy.ready()
  other.call('one')
  clock.advance(101)
  clock.advance(1)
  other.call('two')
  clock.advance(1)
  await new Promise(setImmediate)
  t.same(busy.sent, [])
  await t.rejects(new Connection(() => client, { clock, timeoutMs: 1 }).call('x'), /isn't ready/)
})

t.test('connections of ours are for a coordinator: nothing is queued, sent twice or prefixed', async (t) => {
  const { createClient } = await import('../src/redis-client.ts')
  const clock = fakeClock()
  const { resolveTimings } = await import('@plimsoll/core')
  const timings = resolveTimings()
  for (const target of [{ options: { port: 1 } }, { url: 'redis://x', options: {} }, { client: new Redis({ lazyConnect: true, keyPrefix: 'p', enableOfflineQueue: true }) }]) {
    const client = createClient(target, clock, timings, 'name')
    t.ok(client instanceof Redis)
    if (!(client instanceof Redis)) continue
    t.match(client.options, { keyPrefix: '', enableOfflineQueue: false, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0, connectionName: 'name' })
    const { retryStrategy, reconnectOnError } = client.options
    for (const times of [1, 2, 5, 100]) {
      const delay = Number(retryStrategy?.(times))
      t.ok(delay >= 25 && delay <= 250, `${delay} ms`)
    }
    t.equal(reconnectOnError?.(new Error('READONLY')), true)
    t.equal(reconnectOnError?.(new Error('OOM')), false)
  }
  const cluster = createClient({ client: new Cluster([{ host: 'x', port: 1 }], { lazyConnect: true }) }, clock, timings, 'name')
  t.ok(cluster instanceof Cluster)
  cluster.disconnect()
})

t.test('who asks INFO and gets nothing is told why; who may not ask goes on', async (t) => {
  const answering = (answer: () => Promise<unknown>): Connection => {
    const client = new TestClient()
    client.callBuffer = answer
    const connection = new Connection(() => client, { clock: fakeClock(), timeoutMs: 1 })
    connection.start()
    client.ready()
    return connection
  }
  await t.rejects(checkServer(answering(async () => { throw new Error('Connection is closed.') })), { code: 'PLM_COORDINATOR_UNAVAILABLE' })
  t.match(await checkServer(answering(async () => { throw new Error('NOPERM this user has no permissions') })), { version: undefined, persistent: false })
  t.match(await checkServer(answering(async () => Buffer.from('redis_version:6.2.0\r\nrole:master\r\naof_enabled:1\r\n'))), { version: '6.2.0', persistent: true, evicts: undefined })
  for (const version of ['5.0.9', '6.0.16', '6.1.0']) await t.rejects(checkServer(answering(async () => Buffer.from(`redis_version:${version}\r\n`))), /TOO_OLD/)
  for (const version of ['7.4', '10']) t.match(await checkServer(answering(async () => Buffer.from(`redis_version:${version}\r\n`))), { version })
})

t.test('changes are read once for all who watch; when none come though there are some, another connection is made', async (t) => {
  const clock = fakeClock()
  const client = new TestClient()
  const subscriptions = new Subscriptions(new Connection(() => client, { clock, timeoutMs: 100 }), new Namespace('n'), clock)
  const seen = new RevisionSeen()
  const feed = new ChangeFeed(subscriptions, seen)
  subscriptions.activate()
  feed.told(revisionOf(1, 1))
  const got: bigint[] = []
  const stops = [1, 2].map(() => feed.watch(({ revision }) => { got.push(revision) }))
  client.ready()
  const deliver = (text: string): void => { client.emit('messageBuffer', Buffer.from('plimsoll:{n}:changes'), Buffer.from(text)) }
  deliver('nonsense')
  deliver('1:11:41:5')
  t.same(got, [revisionOf(1, 5), revisionOf(1, 5)])
  t.equal(seen.revision, revisionOf(1, 5))
  const reconnects = (): number => client.sent.filter((sent) => sent === 'disconnect').length
  feed.told(revisionOf(1, 5))
  feed.told(revisionOf(1, 7))
  t.equal(reconnects(), 0, 'it may be on its way')
  deliver('1:11:61:7')
  feed.told(revisionOf(1, 7))
  feed.told(revisionOf(1, 9))
  feed.told(revisionOf(1, 9))
  t.equal(reconnects(), 1)
  feed.told(revisionOf(1, 9))
  feed.told(revisionOf(1, 9))
  t.equal(reconnects(), 1, 'nothing new, nothing owed')
  for (const stop of stops) stop()
  feed.told(revisionOf(1, 20))
  t.equal(client.sent.at(-1), 'unsubscribe plimsoll:{n}:changes')
})
