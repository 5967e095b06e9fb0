import type { Cause, Finding, Level, Symptom } from './finding.ts'
import { GIVE_UP_S, OFF_S, ON_S, SWITCH_S } from './thresholds.ts'

/** How a symptom is shown while it lasts. */
export interface Shown {
  readonly finding: Finding
  /** Second in which it began. */
  readonly since: number
}

const RANKS: Readonly<Record<Level, number>> = { ok: 0, notice: 1, warning: 2, critical: 3 }
/** Of the same level, what users feel comes first. */
const ORDER: readonly Symptom[] = ['errors', 'refusals', 'latency', 'stall', 'memory', 'coordination', 'health']

/** Keeps the sentence from flickering: symptoms and causes come and go only when they have done so for some seconds. */
export class Steady {
  readonly #symptoms: Map<Symptom, SteadySymptom> = new Map()
  #shown: Symptom | undefined
  #betterSince: number | undefined

  /** @returns the symptom to speak of, if there is one */
  step (second: number, findings: readonly Finding[]): Shown | undefined {
    for (const finding of findings) if (!this.#symptoms.has(finding.symptom)) this.#symptoms.set(finding.symptom, new SteadySymptom(second))
    for (const [symptom, steady] of this.#symptoms) {
      if (!steady.step(second, findings.find((one) => one.symptom === symptom))) this.#symptoms.delete(symptom)
    }
    return this.#choose(second)
  }

  /** What lasts, the worst first. */
  get lasting (): readonly Finding[] {
    return [...this.#symptoms.values()].filter(({ isShown }) => isShown).map(({ finding }) => finding).sort((a, b) => weightOf(b) - weightOf(a))
  }

  get (symptom: Symptom): Finding | undefined { return this.lasting.find((finding) => finding.symptom === symptom) }

  #choose (second: number): Shown | undefined {
    const best = this.lasting[0]?.symptom
    const current = this.lasting.find(({ symptom }) => symptom === this.#shown)?.symptom
    if (best === undefined || best === current || current === undefined) this.#betterSince = undefined
    else this.#betterSince ??= second
    const switches = current === undefined || (this.#betterSince !== undefined && second - this.#betterSince >= SWITCH_S)
    this.#shown = switches ? best : current
    if (switches) this.#betterSince = undefined
    return this.#shown === undefined ? undefined : this.#symptoms.get(this.#shown)
  }
}

function weightOf ({ level, symptom }: Finding): number { return RANKS[level] * ORDER.length - ORDER.indexOf(symptom) }

/** One symptom, from the second in which it was first seen until it was gone for a while. */
class SteadySymptom {
  readonly since: number
  #finding: Finding | undefined
  #seen = 0
  #seenAt: number
  #worstAt: number
  #rival: Cause | undefined
  #rivalSince = 0

  constructor (second: number) {
    this.since = second
    this.#seenAt = this.#worstAt = second
  }

  /** Seen in enough seconds. */
  get isShown (): boolean { return this.#seen >= ON_S }

  get finding (): Finding { return this.#finding! }

  /** Returns false when it is over. */
  step (second: number, finding: Finding | undefined): boolean {
    if (finding === undefined) return second - this.#seenAt < (this.isShown ? OFF_S : ON_S)
    this.#seen++
    this.#seenAt = second
    const before = this.#finding
    this.#finding = before === undefined ? finding : { ...finding, level: this.#levelOf(second, before, finding), cause: this.#causeOf(second, before.cause, finding.cause) }
    return true
  }

  /** It rises at once, and falls when it was lower for a while. */
  #levelOf (second: number, before: Finding, { level }: Finding): Finding['level'] {
    if (RANKS[level] >= RANKS[before.level] || second - this.#worstAt >= OFF_S) {
      this.#worstAt = second
      return level
    }
    return before.level
  }

  /** The figures of the same cause are the newest; another cause has to be the better one for some seconds. */
  #causeOf (second: number, before: Cause, now: Cause): Cause {
    if (isSame(before, now) || !this.isShown) {
      this.#rival = undefined
      return now
    }
    if (this.#rival === undefined || !isSame(this.#rival, now)) {
      this.#rival = now
      this.#rivalSince = second
    }
    // What is known is not given up for "unknown" as quickly as the other way round.
    const wait = now.kind === 'unknown' ? GIVE_UP_S : before.kind === 'unknown' ? ON_S : SWITCH_S
    if (second - this.#rivalSince < wait) return before
    this.#rival = undefined
    return now
  }
}

function isSame (a: Cause, b: Cause): boolean { return a.kind === b.kind && a.name === b.name }
