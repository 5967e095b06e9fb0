import { exponential, type Random } from './random.ts'

/** One stretch of the schedule: a step at `rate`, or a straight ramp from `rate` to `toRate`. */
export interface Phase {
  readonly name?: string
  readonly seconds: number
  /** Mean arrivals a second. */
  readonly rate: number
  readonly toRate?: number
}

/**
 * The arrival times of a Poisson process whose rate follows the phases.
 *
 * Exponential distances with mean 1 are laid along the cumulated rate and mapped back to time, which is exact for steps
 * and ramps alike, and across their borders (inversion: Çinlar, Introduction to Stochastic Processes, 1975).
 * The process doesn't know whether anybody keeps up with it: that is what makes the load open-loop.
 */
export class PoissonArrivals {
  readonly #phases: readonly Phase[]
  readonly #random: Random
  #phase = 0
  #phaseStartMs = 0
  /** Expected arrivals between the start of the current phase and the next arrival. */
  #expected = 0
  #atMs = 0

  constructor (phases: readonly Phase[], random: Random) {
    this.#phases = phases
    this.#random = random
    this.advance()
  }

  /** Milliseconds from the start to the next arrival; Infinity after the last one. */
  get atMs (): number {
    return this.#atMs
  }

  /** Index of the phase that the next arrival belongs to. */
  get phase (): number {
    return this.#phase
  }

  advance (): void {
    this.#expected += exponential(this.#random)
    for (; this.#phase < this.#phases.length; this.#phase++) {
      const phase = this.#phases[this.#phase]
      if (phase === undefined) break
      const inPhase = expectedArrivals(phase)
      if (this.#expected < inPhase) {
        this.#atMs = this.#phaseStartMs + secondsUntil(phase, this.#expected) * 1000
        return
      }
      this.#expected -= inPhase
      this.#phaseStartMs += phase.seconds * 1000
    }
    this.#atMs = Infinity
  }
}

export function totalMs (phases: readonly Phase[]): number {
  return phases.reduce((total, phase) => total + phase.seconds * 1000, 0)
}

function expectedArrivals (phase: Phase): number {
  return (phase.rate + (phase.toRate ?? phase.rate)) / 2 * phase.seconds
}

/** Solves rate·t + slope/2·t² = expected for t, in the form that stays exact when the slope is 0. */
function secondsUntil (phase: Phase, expected: number): number {
  const slope = ((phase.toRate ?? phase.rate) - phase.rate) / phase.seconds
  return 2 * expected / (phase.rate + Math.sqrt(phase.rate ** 2 + 2 * slope * expected))
}
