import { availableParallelism } from 'node:os'
import { startGenerator, type Report, type RunningGenerator } from '../../../tools/load/index.ts'
import { dashboardUrl } from '../credentials.ts'
import { buildPage } from '../page.ts'
import { Shop, type Side } from './shop.ts'
import { PaymentProvider } from '../payment/payment-provider.ts'
import { printTogether, traced } from './together.ts'
import type { Traces } from './together.ts'
import { measureCapacity, ramp, stepsOf, type Step } from './traffic.ts'
import { printSummary } from './summary.ts'
import { liveView, type View } from './view.ts'

const CALIBRATION_SECONDS = 6

type Reports = Readonly<Record<Side, Report>>

/** How the payment provider behaves. */
export type Upstream = 'steady' | 'flaky'

interface Plan {
  readonly scale: number
  readonly upstream: Upstream | undefined
  readonly provider: PaymentProvider | undefined
}

/**
 * Leads the shop from half to ten times its capacity and back, once protected and once bare, and shows both side by
 * side. Takes about two and a half minutes at most.
 *
 * @param scale length of the steps, as a share of the usual
 * @param upstream checkout asks a payment provider in a process of its own, and a scraper is among the clients; `flaky`
 * has a bad day
 * @returns the exit code: 0 after the whole ramp, 130 after Ctrl-C
 */
export async function showOverload (scale: number, upstream?: Upstream): Promise<number> {
  const interrupted = Promise.withResolvers<'interrupted'>()
  const onSigint = (): void => interrupted.resolve('interrupted')
  process.once('SIGINT', onSigint)
  const shops: Shop[] = []
  await buildPage()
  const provider = upstream === undefined ? undefined : await PaymentProvider.start()
  try {
    const ended = await Promise.race([demonstrate(shops, { scale, upstream, provider }), interrupted.promise])
    return ended === 'interrupted' ? 130 : 0
  } finally {
    process.off('SIGINT', onSigint)
    await Promise.all([...shops, provider].map(one => one?.stop()))
  }
}

async function demonstrate (shops: Shop[], { scale, upstream, provider }: Plan): Promise<void> {
  const start = async (side: Side, cpu: number): Promise<Shop> => {
    const shop = await Shop.start(side, cpu, provider?.url)
    shops.push(shop)
    if (side === 'protected') console.log(`Watch the protected shop at ${dashboardUrl(shop.port, shop.credentials.operator)}`)
    return shop
  }
  const steps = stepsOf(scale)
  const seconds = Math.round(steps.reduce((sum, step) => sum + step.seconds, 0))
  const bare = await start('bare', 0)
  console.log(`Measuring what the bare shop can do (${Math.ceil(CALIBRATION_SECONDS * scale)} s) …`)
  const capacity = await calibrate(bare, CALIBRATION_SECONDS * scale)
  const view = liveView(process.stdout)
  const traces: Partial<Record<Side, Traces>> = {}
  const run = async (side: Side, shop: Shop, cpu: number): Promise<Report> => {
    const led = (): Promise<Report> => lead(view, side, shop, { capacity, steps, cpu, scraped: provider !== undefined }).done
    if (provider === undefined) return await led()
    if (upstream === 'flaky') provider.beFlaky(scale)
    const { report, traces: left } = await traced(shop, provider, led)
    traces[side] = left
    return report
  }
  const says = `Capacity: ${Math.round(capacity)} requests a second. Ramping to ten times that`
  let reports: Reports
  // A shop and its generator need a core each: who shares one measures the neighbour. So would two shops that share a provider.
  if (availableParallelism() >= 4 && provider === undefined) {
    console.log(`${says}, ${seconds} s.`)
    const guarded = await start('protected', 2)
    const [first, second] = await Promise.all([run('protected', guarded, 3), run('bare', bare, 1)])
    reports = { protected: first, bare: second }
  } else {
    console.log(`${says}, first the bare shop, then the protected one beside what the bare one did: ${seconds} s each.`)
    const alone = await run('bare', bare, 1)
    await bare.stop()
    view.rewind()
    reports = { bare: alone, protected: await run('protected', await start('protected', 0), 1) }
  }
  view.end()
  printSummary(capacity, steps, reports)
  if (traces.protected !== undefined && traces.bare !== undefined) printTogether(reports, { protected: traces.protected, bare: traces.bare }, upstream === 'flaky')
}

/** A machine that is busy with other things may answer nothing in a short time: then it is given more. */
async function calibrate (bare: Shop, atLeastSeconds: number): Promise<number> {
  for (let seconds = atLeastSeconds; seconds < 60; seconds *= 4) {
    const capacity = await measureCapacity(bare, seconds, 1)
    if (capacity > 0) return capacity
  }
  throw new Error('the bare shop has answered nothing in time: this machine is too busy to show anything')
}

interface Leading {
  readonly capacity: number
  readonly steps: readonly Step[]
  readonly cpu: number
  readonly scraped: boolean
}

function lead (view: View, side: Side, shop: Shop, { capacity, steps, cpu, scraped }: Leading): RunningGenerator {
  const generator = startGenerator(ramp(shop, capacity, steps, scraped), cpu)
  generator.onStats(stats => view.show(side, stats))
  return generator
}
