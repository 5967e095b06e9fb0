import { availableParallelism } from 'node:os'
import { startGenerator, type Report, type RunningGenerator } from '../../../tools/load/index.ts'
import { Shop, type Side } from './shop.ts'
import { measureCapacity, ramp, stepsOf, type Step } from './traffic.ts'
import { printSummary } from './summary.ts'
import { liveView, type View } from './view.ts'

const CALIBRATION_SECONDS = 6

type Reports = Readonly<Record<Side, Report>>

/**
 * Leads the shop from half to ten times its capacity and back, once protected and once bare, and shows both side by
 * side. Takes about two and a half minutes at most.
 *
 * @param scale length of the steps, as a share of the usual
 * @returns the exit code: 0 after the whole ramp, 130 after Ctrl-C
 */
export async function showOverload (scale: number): Promise<number> {
  const interrupted = Promise.withResolvers<'interrupted'>()
  const onSigint = (): void => interrupted.resolve('interrupted')
  process.once('SIGINT', onSigint)
  const shops: Shop[] = []
  try {
    const ended = await Promise.race([demonstrate(shops, scale), interrupted.promise])
    return ended === 'interrupted' ? 130 : 0
  } finally {
    process.off('SIGINT', onSigint)
    await Promise.all(shops.map(shop => shop.stop()))
  }
}

async function demonstrate (shops: Shop[], scale: number): Promise<void> {
  const start = async (side: Side, cpu: number): Promise<Shop> => {
    const shop = await Shop.start(side, cpu)
    shops.push(shop)
    return shop
  }
  const steps = stepsOf(scale)
  const seconds = Math.round(steps.reduce((sum, step) => sum + step.seconds, 0))
  const bare = await start('bare', 0)
  console.log(`Measuring what the bare shop can do (${Math.ceil(CALIBRATION_SECONDS * scale)} s) …`)
  const capacity = await measureCapacity(bare, CALIBRATION_SECONDS * scale, 1)
  const view = liveView(process.stdout)
  const says = `Capacity: ${Math.round(capacity)} requests a second. Ramping to ten times that`
  let reports: Reports
  // A shop and its generator need a core each: who shares one measures the neighbour.
  if (availableParallelism() >= 4) {
    console.log(`${says}, ${seconds} s.`)
    const guarded = await start('protected', 2)
    reports = await together(view, lead(view, 'protected', guarded, { capacity, steps, cpu: 3 }), lead(view, 'bare', bare, { capacity, steps, cpu: 1 }))
  } else {
    console.log(`${says}, first the bare shop, then the protected one beside what the bare one did: ${seconds} s each.`)
    const alone = await lead(view, 'bare', bare, { capacity, steps, cpu: 1 }).done
    await bare.stop()
    view.rewind()
    reports = { bare: alone, protected: await lead(view, 'protected', await start('protected', 0), { capacity, steps, cpu: 1 }).done }
  }
  view.end()
  printSummary(capacity, steps, reports)
}

async function together (view: View, guarded: RunningGenerator, bare: RunningGenerator): Promise<Reports> {
  const [first, second] = await Promise.all([guarded.done, bare.done])
  return { protected: first, bare: second }
}

function lead (view: View, side: Side, shop: Shop, { capacity, steps, cpu }: { readonly capacity: number, readonly steps: readonly Step[], readonly cpu: number }): RunningGenerator {
  const generator = startGenerator(ramp(shop, capacity, steps), cpu)
  generator.onStats(stats => view.show(side, stats))
  return generator
}
