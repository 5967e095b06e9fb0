import t from 'tap'
import { bucketOf, bucketsIn, countIn, ERROR_CLASSES, OUTCOME_CLASSES, timeIn, totalOf } from '@plimsoll/core'
import { classOf } from './traffic.ts'

t.test('figures of a table are those of the classes asked for', async (t) => {
  const table = { '2xx': classOf(1, 2), '5xx': classOf(4), refused: classOf(0.001), timeout: classOf(8) }
  t.equal(countIn(table), 5)
  t.equal(countIn(table, ERROR_CLASSES), 2)
  t.equal(timeIn(table, ['2xx', '5xx']), 7000)
  t.strictSame(bucketsIn(table), [1000, 2000, 4000, 8000].flatMap((us) => [bucketOf(us), 1]), 'a refusal has no service time')
  t.strictSame(bucketsIn(table, ['refused']), [1, 1])
  t.equal(countIn({}), 0)
})

t.test('the total of several tables has every class of any of them, added', async (t) => {
  const total = totalOf([{ '2xx': classOf(1) }, { '2xx': classOf(1), aborted: classOf(9) }, {}])
  t.strictSame(total, { '2xx': classOf(1, 1), aborted: classOf(9) })
  t.strictSame(Object.keys(totalOf([])), [])
  t.equal(new Set(OUTCOME_CLASSES).size, 10)
})
