import t from 'tap'
import { dashboardOptions } from '../src/options.ts'

t.test('every option may stay out', async (t) => {
  t.strictSame(dashboardOptions.resolve({}).values, { enabled: true, service: 'service', controls: false, history: 0 })
})

t.test('bad options are refused at register, by name, with what would be right', async (t) => {
  const wrong: ReadonlyArray<readonly [object, RegExp]> = [
    [{ enabled: 'yes' }, /option enabled is "yes"; give true or false/],
    [{ service: '' }, /option service/],
    [{ service: 'x'.repeat(101) }, /1 to 100 characters/],
    [{ controls: 1 }, /option controls is 1/],
    [{ history: 59 }, /history is 59; give 0, or a whole number of seconds from 60 to 86400/],
    [{ history: 86_401 }, /history/],
    [{ history: -1 }, /history/],
    [{ history: 60.5 }, /history/],
    [{ history: NaN }, /history is NaN/],
    [{ history: '900' }, /history/],
    [{ histroy: 900 }, /did you mean history/]
  ]
  for (const [options, message] of wrong) t.throws(() => dashboardOptions.resolve(options), { code: 'PLM_DASHBOARD_INVALID_OPTION', message }, JSON.stringify(options))
  for (const history of [0, 60, 86_400]) t.equal(dashboardOptions.resolve({ history }).values.history, history)
})
