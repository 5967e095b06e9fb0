import { availableParallelism } from 'node:os'
import { startGenerator, type Report } from '../../../tools/load/index.ts'
import { Shop } from './shop.ts'
import { measureCapacity, ramp, steps } from './traffic.ts'
import { printSummary } from './summary.ts'
import { liveView } from './view.ts'

const CALIBRATION_SECONDS = 6

/**
 * Starts the shop twice, protected and bare, leads both from half to ten times their capacity and back, and shows them
 * side by side. Takes about two minutes.
 * @returns the exit code: 0 after the whole ramp, 130 after Ctrl-C
 */
export async function showOverload (): Promise<number> {
  // With fewer than four cores the two shops share one and their generators the other, so that both always have the same.
  const roomy = availableParallelism() >= 4
  const [protectedCpu, bareCpu, protectedLoadCpu, bareLoadCpu] = roomy ? [0, 1, 2, 3] as const : [0, 0, 1, 1] as const
  const share = roomy ? 1 : 0.5
  const interrupted = Promise.withResolvers<'interrupted'>()
  const onSigint = (): void => interrupted.resolve('interrupted')
  process.once('SIGINT', onSigint)

  const shops = await Promise.all([Shop.start('protected', protectedCpu), Shop.start('bare', bareCpu)])
  const [guarded, bare] = shops
  try {
    console.log(`Measuring what the bare shop can do (${CALIBRATION_SECONDS} s) …`)
    const alone = await Promise.race([measureCapacity(bare, CALIBRATION_SECONDS, bareLoadCpu), interrupted.promise])
    if (alone === 'interrupted') return 130
    const capacity = alone * share
    const seconds = steps.reduce((sum, step) => sum + step.seconds, 0)
    console.log(`Capacity of one shop: ${Math.round(capacity)} requests a second${roomy ? '' : ' (the two share a core)'}. Ramping to ten times that, ${seconds} s.`)

    const generators = [startGenerator(ramp(guarded, capacity), protectedLoadCpu), startGenerator(ramp(bare, capacity), bareLoadCpu)] as const
    const view = liveView(process.stdout)
    generators[0].onStats(stats => view.show('protected', stats))
    generators[1].onStats(stats => view.show('bare', stats))
    const reports = await Promise.race([Promise.all(generators.map(({ done }) => done)), interrupted.promise])
    view.end()
    if (reports === 'interrupted') return 130
    printSummary(capacity, reports as [Report, Report])
    return 0
  } finally {
    process.off('SIGINT', onSigint)
    await Promise.all(shops.map(shop => shop.stop()))
  }
}
