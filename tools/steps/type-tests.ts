import { mustRun } from '../command.ts'
import type { Outcome } from '../step.ts'

export async function typeTests (signal: AbortSignal): Promise<Outcome> {
  const { output } = await mustRun('tstyche', [], { signal })
  const passed = Number(output.match(/^Assertions:.*?(\d+) passed/m)?.[1] ?? 0)
  return { passed, note: `${passed} assertions` }
}
