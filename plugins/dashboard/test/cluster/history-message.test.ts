import t from 'tap'
import { readHistoryReply, readHistoryRequest, writeHistoryReply, writeHistoryRequest } from '../../src/cluster/history-message.ts'
import { readHistory } from '../../src/cluster/read-history.ts'

const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))

t.test('a request is read as it was written; anything else is none', async (t) => {
  const request = { life: 'a-1', id: 4, instance: 'b', query: { from: 1, to: 9, step: 1000, of: { origin: 'http://stock' } } }
  t.strictSame(readHistoryRequest(writeHistoryRequest(request)), request)
  t.strictSame(readHistoryRequest(writeHistoryRequest({ ...request, query: {} }))?.query, {})
  const wrong: ReadonlyArray<Readonly<Record<string, unknown>>> = [
    { version: 2 }, { life: '' }, { id: -1 }, { id: 'x' }, { instance: '' }, { instance: 'x'.repeat(301) }, { query: 7 }, { query: null },
    { query: { from: 1.5 } }, { query: { to: '1' } }, { query: { step: NaN } }, { query: { of: 'route' } }, { query: { of: { method: 'GET' } } }, { query: { of: { figure: 'x'.repeat(301) } } }
  ]
  for (const change of wrong) t.equal(readHistoryRequest(bytesOf({ version: 1, ...request, ...change })), undefined, JSON.stringify(change))
  t.equal(readHistoryRequest(Buffer.from('{')), undefined)
  t.equal(readHistoryRequest(bytesOf({ version: 1, ...request, more: 'x'.repeat(5000) })), undefined)
})

t.test('so is a reply', async (t) => {
  const reply = { life: 'b-1', to: 'a-1', id: 4, bytes: Buffer.from([10, 1, 2]) }
  t.strictSame(readHistoryReply(writeHistoryReply(reply)), reply)
  for (const change of [{ to: 7 }, { id: null }, { life: 1 }]) t.equal(readHistoryReply(Buffer.concat([bytesOf({ version: 1, life: 'b-1', to: 'a-1', id: 4, ...change }), Buffer.from('\n')])), undefined)
  t.equal(readHistoryReply(bytesOf({ version: 1 })), undefined)
})

t.test('what another process tells is checked and bounded', async (t) => {
  const mark = { at: 1, kind: 'alert', severity: 'warning', instance: 'somebody else', component: 'x'.repeat(1000), event: 'e', text: 'y'.repeat(1000) }
  const history = { instance: 'b', step: 1000, at: [1000, 2000], columns: { requests: [1, null], __proto__: [1, 2] }, heat: [[1, 2], [3, 4]], marks: [mark] }
  const read = readHistory(JSON.parse(JSON.stringify(history)), 'b')
  t.match(read, { instance: 'b', step: 1000, at: [1000, 2000], columns: { requests: [1, null] }, heat: [[1, 2], [3, 4]], marks: [{ at: 1, kind: 'alert', instance: 'b' }] })
  t.ok((read?.marks?.[0]?.text.length ?? Infinity) <= 300)
  t.strictSame(Object.keys(readHistory(JSON.parse('{"instance":"b","step":1,"at":[],"columns":{"__proto__":[],"a b":[],"p50":[]}}'), 'b')?.columns ?? {}), ['p50'])
  t.strictSame(readHistory({ ...history, heat: ['no', [1, -1]] }, 'b')?.heat, [[], []])
  t.strictSame(readHistory({ ...history, heat: [Array(1000).fill(1)] }, 'b')?.heat, [[], []])
  t.strictSame(readHistory({ ...history, marks: [7, { ...mark, at: 'x' }, { ...mark, severity: 'fatal' }, { ...mark, component: 1 }, { ...mark, event: 1 }, { ...mark, text: 1 }, { ...mark, kind: 'x' }] }, 'b')?.marks?.map(({ kind }) => kind), ['journal'])
  t.equal(readHistory({ ...history, marks: Array(500).fill(mark) }, 'b')?.marks?.length, 200)
  const wrong: readonly unknown[] = [
    undefined, null, { ...history, instance: 'c' }, { ...history, step: 0 }, { ...history, step: '1' }, { ...history, at: 7 }, { ...history, at: [2000, 1000] }, { ...history, at: [NaN, 1] },
    { ...history, at: Array.from({ length: 1001 }, (_, i) => i), columns: {} }, { ...history, columns: null }, { ...history, columns: { requests: [1] } }, { ...history, columns: { requests: ['1', '2'] } }, { ...history, columns: { requests: 1 } },
    { ...history, columns: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`c${i}`, [1, 2]])) }, { ...history, heat: 7 }, { ...history, marks: undefined }
  ]
  for (const given of wrong) t.equal(readHistory(given, 'b'), undefined)
})
