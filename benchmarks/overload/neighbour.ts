import { fork } from 'node:child_process'
import { nodeOnCpu } from '../../tools/load/index.ts'
import { cores } from './server-process.ts'

/**
 * Another container's work on the server's core: half of the time is its own. Returns what ends it.
 */
export function startNeighbour (): () => void {
  const child = fork(new URL('./busy-process.ts', import.meta.url), { ...nodeOnCpu(cores.server), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return () => { child.kill() }
}
