import type { Phase } from '../../tools/load/index.ts'
import { measureConditions, type Conditions, type Mode } from './conditions.ts'
import type { BenchOptions, VariantName } from './options.ts'
import { progress } from './progress.ts'
import { mean } from './statistics.ts'
import { runTrial, stepFigures } from './trial.ts'
import { describeSettings, quickGrid, underPressureGrid, type UnderPressureSettings } from './under-pressure-grid.ts'
import type { Variant } from './variants.ts'
import type { WorkName } from './work.ts'

/** What the sections share: measured once, when the first of them asks. */
export class Bench {
  readonly options: BenchOptions
  readonly roundsPerMs: number
  readonly #conditions = new Map<string, Promise<Conditions>>()
  #underPressure: Promise<UnderPressureSettings> | undefined
  #seed = 1

  constructor (options: BenchOptions, roundsPerMs: number) {
    this.options = options
    this.roundsPerMs = roundsPerMs
  }

  /** Each trial has arrivals of its own. */
  nextSeed (): number {
    return this.#seed++
  }

  conditions (mode: Mode, work: WorkName = this.options.work): Promise<Conditions> {
    const key = `${work} ${mode}`
    const known = this.#conditions.get(key)
    if (known !== undefined) return known
    progress(`measuring capacity and unloaded latency: ${key}`)
    // The other works of the grid are many: each gets the short measurement.
    const measured = measureConditions(work, mode, this.roundsPerMs, this.options.quick || work !== this.options.work)
    this.#conditions.set(key, measured)
    return measured
  }

  /** The variants to compare, with the settings to use. */
  async variants (without: readonly VariantName[] = []): Promise<Variant[]> {
    const variants: Variant[] = []
    for (const name of this.options.variants) {
      if (without.includes(name)) continue
      variants.push(name === 'under-pressure' ? { name, settings: await this.#bestUnderPressure() } : { name })
    }
    return variants
  }

  get measuresPlimsoll (): boolean {
    return this.options.variants.includes('plimsoll')
  }

  /** The pre-pass: every setting of the grid at 4x and 10x; the highest mean goodput wins. */
  #bestUnderPressure (): Promise<UnderPressureSettings> {
    this.#underPressure ??= this.#prePass()
    return this.#underPressure
  }

  async #prePass (): Promise<UnderPressureSettings> {
    const conditions = await this.conditions(this.options.modes[0] ?? 'warm')
    let best: { settings: UnderPressureSettings, goodput: number } | undefined
    for (const settings of this.options.quick ? quickGrid : underPressureGrid) {
      progress(`under-pressure, ${describeSettings(settings)}`)
      const goodput = await this.#meanGoodput(settings, conditions)
      if (best === undefined || goodput > best.goodput) best = { settings, goodput }
    }
    if (best === undefined) throw new Error('the grid of settings is empty')
    progress('')
    console.log(`under-pressure: the best of ${this.options.quick ? quickGrid.length : underPressureGrid.length} settings is ${describeSettings(best.settings)} (goodput ${best.goodput.toFixed(2)} at 4x and 10x)`)
    return best.settings
  }

  /** Both steps in one process, with a pause between them. */
  async #meanGoodput (settings: UnderPressureSettings, conditions: Conditions): Promise<number> {
    const { capacity } = conditions
    const pause: Phase = { name: 'pause', seconds: 0.8, rate: 0.5 * capacity }
    const steps: Phase[] = [{ name: '4x', seconds: 1.5, rate: 4 * capacity }, { name: '10x', seconds: 1.5, rate: 10 * capacity }]
    const trial = await runTrial({
      variant: { name: 'under-pressure', settings },
      mode: conditions.mode,
      seed: this.nextSeed(),
      phases: steps.flatMap(step => [pause, step])
    }, conditions)
    return mean(steps.map(step => stepFigures(trial, capacity, conditions, step.name).goodput))
  }
}
