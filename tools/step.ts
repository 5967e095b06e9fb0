/** One step of `npm test`. */
export interface Step {
  readonly name: string
  /** Steps that must have passed before this one starts. */
  readonly after?: readonly string[]
  /** Nothing else runs beside it: for what uses all processors itself, or shares files with another step. */
  readonly alone?: boolean
  /** Resolves with what was counted. @throws {Error} whose message is what a reader needs to see. */
  readonly run: (signal: AbortSignal) => Promise<Outcome>
}

export interface Outcome {
  /** Tests or assertions; a step that has no count of its own is one. */
  readonly passed: number
  /** A few words behind the step's name: counts, or what was skipped. */
  readonly note?: string
  /** What went wrong and still did not fail the step: printed below its line. */
  readonly warning?: string
  /** Where the time went: printed below its line for who asks. */
  readonly details?: string
}

/** A step that knows how many of its tests failed; any other error counts as one. */
export class TestFailure extends Error {
  readonly passed: number
  readonly failed: number

  constructor (message: string, passed: number, failed: number) {
    super(message)
    this.name = 'TestFailure'
    this.passed = passed
    this.failed = failed
  }
}

export interface Totals {
  readonly passed: number
  readonly failed: number
}

export interface StepsOptions {
  /** Steps beside each other. */
  readonly slots: number
  /** Prints the steps' details as well. @default false */
  readonly verbose?: boolean
}

/** Runs steps as their order allows, prints a line for each, and stops all at the first failure. */
export async function runSteps (steps: readonly Step[], { slots, verbose = false }: StepsOptions, print: (line: string) => void): Promise<Totals> {
  const waiting = new Set(steps)
  const done = new Set<string>()
  const running = new Map<Step, Promise<void>>()
  const stop = new AbortController()
  const names = new Set(steps.map((step) => step.name))
  let passed = 0
  let failed = 0

  const start = async (step: Step): Promise<void> => {
    const begun = performance.now()
    const seconds = (): string => `${((performance.now() - begun) / 1000).toFixed(1)} s`
    try {
      const outcome = await step.run(stop.signal)
      done.add(step.name)
      passed += outcome.passed
      print(`ok      ${step.name.padEnd(18)} ${seconds().padStart(8)}${outcome.note === undefined ? '' : `   ${outcome.note}`}`)
      if (outcome.warning !== undefined) print(`\n${outcome.warning}\n`)
      if (verbose && outcome.details !== undefined) print(outcome.details.replaceAll(/^/gm, '        '))
    } catch (error) {
      if (stop.signal.aborted) return
      stop.abort()
      if (error instanceof TestFailure) passed += error.passed
      failed += error instanceof TestFailure ? error.failed : 1
      print(`FAILED  ${step.name.padEnd(18)} ${seconds().padStart(8)}\n\n${error instanceof Error ? error.message : String(error)}\n`)
    } finally {
      running.delete(step)
    }
  }

  const mayStart = (step: Step): boolean => {
    if ((step.after ?? []).some((name) => names.has(name) && !done.has(name))) return false
    return step.alone === true ? running.size === 0 : ![...running.keys()].some((other) => other.alone === true)
  }

  while (!stop.signal.aborted && (waiting.size > 0 || running.size > 0)) {
    for (const step of waiting) {
      if (running.size >= slots) break
      if (!mayStart(step)) continue
      waiting.delete(step)
      running.set(step, start(step))
    }
    if (running.size === 0) throw new Error(`steps wait for each other: ${[...waiting].map((step) => step.name).join(', ')}`)
    await Promise.race(running.values())
  }
  await Promise.all(running.values())
  return { passed, failed }
}
