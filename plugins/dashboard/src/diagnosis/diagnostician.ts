import type { ObservedFrame } from '../view/observed-frame.ts'
import type { Diagnosis } from '../view/view.ts'
import { OpenBreakers } from './broken-upstream.ts'
import { duration, percent, timeOfDay } from './figures.ts'
import type { Finding } from './finding.ts'
import { ServiceMemory } from './service-memory.ts'
import { Steady } from './steady.ts'
import { coordination } from './symptoms/coordination.ts'
import { errors } from './symptoms/errors.ts'
import { health } from './symptoms/health.ts'
import { latency } from './symptoms/latency.ts'
import { memoryGrowth } from './symptoms/memory.ts'
import { refusals } from './symptoms/refusals.ts'
import { stall } from './symptoms/stall.ts'

const MAX_EVIDENCE = 8
const NO_CAUSE: Diagnosis['cause'] = { kind: 'none', name: '', instance: null }

/**
 * Says what is wrong with a service and why, from nothing but its frames: what it is that users feel, and the one cause that
 * is furthest upstream of what was seen. It remembers the last minutes, in bounded memory, has no clock and no timer, and
 * where nothing explains what it sees it says so.
 */
export class Diagnostician {
  readonly #memory: ServiceMemory = new ServiceMemory()
  readonly #breakers: OpenBreakers = new OpenBreakers()
  readonly #steady: Steady = new Steady()

  /**
   * Once a second.
   *
   * @param seen the newest frame of each instance; a stale one is its last
   * @param at milliseconds since the Unix epoch
   */
  see (seen: readonly ObservedFrame[], at: number): Diagnosis {
    const memory = this.#memory
    memory.take(seen, at)
    // Everything is out of the ordinary then, and none of it is to be learned.
    const disturbed = this.#steady.get('stall') !== undefined || (this.#steady.get('refusals')?.level ?? 'notice') !== 'notice'
    memory.judge(disturbed)
    this.#breakers.read(memory)
    if (!disturbed && this.#steady.get('latency') === undefined) {
      for (const instance of memory.living) instance.learn((name) => memory.routes.get(name)?.meanMs(30) ?? 0)
    }
    const shown = this.#steady.step(memory.second, this.#findings(at))
    return shown === undefined ? this.#calm() : this.#diagnosis(shown.finding, shown.since)
  }

  #findings (at: number): readonly Finding[] {
    const memory = this.#memory
    const breakers = this.#breakers
    return [
      errors(memory, breakers),
      refusals(memory, breakers, this.#steady.get('refusals') !== undefined),
      latency(memory, breakers),
      stall(memory, this.#steady.get('stall') !== undefined),
      memoryGrowth(memory, this.#steady.get('memory') !== undefined),
      coordination(memory),
      health(memory, breakers, at)
    ].filter((finding) => finding !== undefined)
  }

  #diagnosis ({ symptom, level, about, cause: { kind, name, instance, because, evidence } }: Finding, since: number): Diagnosis {
    const why = kind === 'unknown' ? `cause unknown, ${because}` : because
    // That what is the cause is not well has just been said.
    const isSaid = (other: Finding): boolean => other.symptom === symptom || (other.symptom === 'health' && other.cause.because === because)
    const others = this.#steady.lasting.filter((other) => !isSaid(other)).map((other) => ({ label: 'also', value: other.about }))
    return {
      level,
      sentence: `${about} since ${timeOfDay(since)}: ${why}`,
      since: since * 1000,
      symptom,
      cause: { kind, name, instance },
      evidence: [...evidence, ...others].slice(0, MAX_EVIDENCE)
    }
  }

  #calm (): Diagnosis {
    return { level: 'ok', sentence: this.#calmSentence(), since: null, symptom: 'none', cause: NO_CAUSE, evidence: [] }
  }

  #calmSentence (): string {
    const { total, living } = this.#memory
    const requests = this.#memory.settled(10).all / 10
    if (living.length === 0) return 'nothing is heard of any instance yet'
    const who = living.length > 1 ? `${living.length} instances, ` : ''
    if (requests === 0) return `all is well: ${who}no requests`
    const rate = `all is well: ${who}${requests >= 10 ? Math.round(requests) : requests.toFixed(1)} requests/s`
    const p95 = total.usual.recentQuantile(0.95)
    // Without the monitor there is nothing more to say.
    return p95 === undefined || total.served(60) === 0 ? rate : `${rate}, P95 ${duration(p95)}, ${percent(total.errors(60) / total.served(60))} errors`
  }
}
