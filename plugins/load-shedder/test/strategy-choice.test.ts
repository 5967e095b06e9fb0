import t from 'tap'
import { loadShedderOptions } from '../src/options.ts'
import type { LoadShedderOptions } from '../src/options.ts'
import { chooseStrategy } from '../src/strategy-choice.ts'
import type { Strategy } from '../src/strategy.ts'
import { FixedLimit } from './fixed-limit.ts'

const ports = { random: () => 0.5 }

function choose (options: LoadShedderOptions): Strategy {
  return chooseStrategy(loadShedderOptions.resolve(options).values, ports)
}

t.test('each name is the strategy of that name, adaptive unless told otherwise', async t => {
  t.equal(choose({}).name, 'adaptive')
  for (const strategy of ['adaptive', 'priority', 'random', 'oldest'] as const) t.equal(choose({ strategy }).name, strategy)
})

t.test('fixed strategies get the limit and the bound of the queue', async t => {
  for (const strategy of ['priority', 'oldest', 'random'] as const) {
    const { limit, maxQueued } = choose({ strategy, limit: 7, maxQueue: 5 })
    t.same([limit, maxQueued], [7, 5], strategy)
  }
})

t.test('a function makes its own, with the ports', async t => {
  const own = new FixedLimit()
  t.equal(choose({ strategy: given => { t.equal(given, ports); return own } }), own)
})

t.test('without its adaptive part, the adaptive one is a fixed limit', async t => {
  t.equal(choose({ ablate: ['adaptive'] }).name, 'priority')
  t.equal(choose({ ablate: ['lifo'] }).name, 'adaptive')
})
