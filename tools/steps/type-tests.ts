import { mustRun } from '../command.ts'
import type { Outcome } from '../step.ts'

export async function typeTests (signal: AbortSignal): Promise<Outcome> {
  const { stdout } = await mustRun('tstyche', [], { signal })
  const passed = Number(stdout.match(/^Assertions:.*?(\d+) passed/m)?.[1] ?? 0)
  return { passed, note: `${passed} assertions` }
}
