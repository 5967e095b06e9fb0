import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { nodeOnCpu } from '../../tools/load/index.ts'
import type { Stall } from './control.ts'
import { cores } from './server-process.ts'

/** Runs the control process beside `work` and tells when the machine stood still meanwhile. */
export async function withControl<T> (work: () => Promise<T>): Promise<{ result: T, stalls: readonly Stall[] }> {
  const child = fork(fileURLToPath(new URL('./control.ts', import.meta.url)), { ...nodeOnCpu(cores.server), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  try {
    const result = await work()
    const stalls = await new Promise<readonly Stall[]>((resolve, reject) => {
      child.once('message', (seen: Stall[]) => resolve(seen))
      child.once('exit', () => reject(new Error('the control process ended early')))
      child.send('report')
    })
    return { result, stalls }
  } finally {
    child.kill()
  }
}
