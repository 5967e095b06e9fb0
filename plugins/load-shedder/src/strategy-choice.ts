import type { LoadShedderSettings } from './options.ts'
import { AdaptiveStrategy } from './strategies/adaptive.ts'
import type { Strategy, StrategyPorts } from './strategy.ts'

/** Makes the strategy that the options ask for. */
export function chooseStrategy ({ strategy }: LoadShedderSettings, ports: StrategyPorts): Strategy {
  if (typeof strategy === 'function') return strategy(ports)
  return new AdaptiveStrategy(ports)
}
