import t from 'tap'
import { slotValue } from '../src/slot-value.ts'

t.test('is what has been written, whatever the type of the table', async t => {
  t.equal(slotValue(Float64Array.of(0.5, -2.5), 1), -2.5)
  t.equal(slotValue(Uint8Array.of(3, 255), 1), 255)
  t.equal(slotValue([7], 0), 7)
})

t.test('is 0 outside of the table', async t => {
  for (const slot of [-1, 2, 0.5, NaN]) t.equal(slotValue(Float64Array.of(1, 2), slot), 0)
})
