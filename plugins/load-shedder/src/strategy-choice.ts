import type { LoadShedderSettings } from './options.ts'
import { AdaptiveStrategy } from './strategies/adaptive.ts'
import { OldestStrategy } from './strategies/oldest.ts'
import { PriorityStrategy } from './strategies/priority.ts'
import { RandomStrategy } from './strategies/random.ts'
import type { Strategy, StrategyPorts } from './strategy.ts'

/** Makes the strategy that the options ask for. */
export function chooseStrategy ({ strategy, ...fixed }: LoadShedderSettings, ports: StrategyPorts): Strategy {
  if (typeof strategy === 'function') return strategy(ports)
  switch (strategy) {
    case 'adaptive': return fixed.ablate.includes('adaptive') ? new PriorityStrategy(fixed) : new AdaptiveStrategy(ports)
    case 'priority': return new PriorityStrategy(fixed)
    case 'random': return new RandomStrategy(fixed, ports)
    case 'oldest': return new OldestStrategy(fixed)
  }
}
