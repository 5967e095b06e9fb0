import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How late the timers of an idle process were, by the time of their coming. */
export class Lateness {
  readonly #late: readonly (readonly [at: number, ms: number])[]

  private constructor (late: readonly (readonly [at: number, ms: number])[]) { this.#late = late }

  /** Of the time that `work` took. */
  static async during<T> (work: () => Promise<T>): Promise<{ readonly result: T, readonly lateness: Lateness }> {
    const folder = mkdtempSync(join(tmpdir(), 'plimsoll-lateness-'))
    const file = join(folder, 'late.json')
    const child = fork(fileURLToPath(new URL('./lateness-process.ts', import.meta.url)), [file], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    try {
      const result = await work()
      child.send('report')
      await once(child, 'exit')
      return { result, lateness: new Lateness(JSON.parse(readFileSync(file, 'utf8'))) }
    } finally {
      child.kill()
      rmSync(folder, { recursive: true, force: true })
    }
  }

  /** The latest of the timers that fell due between `from` and `to`, 0 when all came in time. */
  worst (from: number, to: number): number {
    let worst = 0
    for (const [at, ms] of this.#late) if (at >= from && at - ms <= to) worst = Math.max(worst, ms)
    return worst
  }
}
