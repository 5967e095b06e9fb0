import t from 'tap'
import { Listeners } from '../src/listeners.ts'

t.test('a listener that throws is reported and the rest are told', async (t) => {
  const errors: unknown[] = []
  const heard: number[] = []
  const listeners = new Listeners<number>(10, (error) => errors.push(error))
  listeners.add(() => { throw new Error('bad') })
  listeners.add((value) => heard.push(value))
  listeners.tell(1)
  t.strictSame(heard, [1])
  t.match(errors, [{ message: 'bad' }])
})

t.test('one function may listen twice, and leave once or more often', async (t) => {
  let heard = 0
  const listeners = new Listeners<number>(10, () => t.fail('nobody throws'))
  const listener = (): void => { heard++ }
  const leave = listeners.add(listener)
  listeners.add(listener)
  leave()
  leave()
  listeners.tell(1)
  t.equal(heard, 1)
  t.equal(listeners.size, 1)
  listeners.clear()
  t.equal(listeners.size, 0)
})

t.test('joining and leaving while being told changes the next round only', async (t) => {
  const heard: string[] = []
  const listeners = new Listeners<number>(10, () => t.fail('nobody throws'))
  const leave = listeners.add(() => {
    heard.push('a')
    leaveB()
    leave()
    listeners.add(() => heard.push('c'))
  })
  const leaveB = listeners.add(() => heard.push('b'))
  listeners.tell(1)
  t.strictSame(heard, ['a', 'b'])
  listeners.tell(2)
  t.strictSame(heard, ['a', 'b', 'c'])
})

t.test('the number of listeners is bounded', async (t) => {
  const listeners = new Listeners<number>(2, () => t.fail('nobody throws'))
  const leave = listeners.add(() => {})
  listeners.add(() => {})
  t.throws(() => listeners.add(() => {}), RangeError)
  leave()
  t.doesNotThrow(() => listeners.add(() => {}))
})
