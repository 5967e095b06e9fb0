import t from 'tap'
import { boundedJson, boundedRecord, boundedText, messageOf } from '../src/bounded-json.ts'

const BOUNDS = { depth: 3, values: 20, text: 10 }

t.test('JSON passes through', async (t) => {
  const value = { a: 1, b: 'two', c: [true, null, { d: 4 }] }
  t.strictSame(boundedJson(value, BOUNDS), value)
})

t.test('what JSON has no word for becomes null or is left out', async (t) => {
  t.strictSame(boundedJson({ nan: NaN, far: Infinity, f () {}, s: Symbol('s'), big: 12n, gone: undefined }, BOUNDS), { nan: null, far: null, f: null, s: null, big: '12' })
})

t.test('prototype keys are dropped at every level', async (t) => {
  const hostile: unknown = JSON.parse('{"__proto__":{"x":1},"constructor":1,"prototype":2,"a":{"__proto__":{"y":1},"ok":1}}')
  const copied = boundedJson(hostile, BOUNDS)
  t.equal(JSON.stringify(copied), '{"a":{"ok":1}}')
  t.equal(Reflect.get({}, 'x'), undefined)
})

t.test('depth, number of values, and text are bounded, cycles included', async (t) => {
  const cycle: Record<string, unknown> = {}
  cycle['again'] = cycle
  t.strictSame(boundedJson(cycle, BOUNDS), { again: { again: { again: '…' } } })
  t.strictSame(boundedJson('x'.repeat(11), BOUNDS), 'xxxxxxxxx…')
  const wide = boundedJson(Array.from({ length: 1e6 }, (_, i) => i), BOUNDS)
  t.equal(Array.isArray(wide) && wide.length, 20, '19 values and the mark')
  const many = boundedJson(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key${i}`, i])), BOUNDS)
  t.equal(Object.keys(many ?? {}).length, 20)
  t.equal(boundedJson([[[1]], Array(30).fill([1])], { ...BOUNDS, values: 5 })?.toString().includes('…'), true)
  t.strictSame(Object.keys(boundedJson({ ['k'.repeat(50)]: 1 }, BOUNDS) ?? {}), ['kkkkkkkkk…'])
  t.equal(boundedJson(1, { ...BOUNDS, values: 0 }), '…')
})

t.test('a value that throws while it is read becomes a sentence', async (t) => {
  const hostile = { get x (): number { throw new Error('no') } }
  t.equal(boundedJson(hostile, { ...BOUNDS, text: 50 }), 'unreadable: no')
  t.strictSame(boundedRecord(hostile, { ...BOUNDS, text: 50 }), { unreadable: 'unreadable: no' })
})

t.test('a record stays one and anything else becomes an empty one', async (t) => {
  t.strictSame(boundedRecord({ a: 1 }, BOUNDS), { a: 1 })
  t.strictSame(boundedRecord([1], BOUNDS), {})
  t.strictSame(boundedRecord(null, BOUNDS), {})
  t.strictSame(boundedRecord(3, BOUNDS), {})
})

t.test('text that is no text is named by its type', async (t) => {
  t.equal(boundedText(3, 10), 'number')
  t.equal(boundedText('0123456789', 10), '0123456789')
})

t.test('the message of anything thrown', async (t) => {
  t.equal(messageOf(new Error('why')), 'why')
  t.equal(messageOf('plain'), 'plain')
  t.equal(messageOf({ toString () { throw new Error('no') } }), 'something that cannot be shown')
})
