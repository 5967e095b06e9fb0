import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** What `fork()` needs to start Node on one core. */
export interface PinnedNode {
  readonly execPath: string
  readonly execArgv: string[]
}

let tasksetWorks: boolean | undefined

/** Whether a process can be tied to a core here; without taskset, or with a single core, processes run where the kernel puts them. */
export function canPin (): boolean {
  tasksetWorks ??= availableParallelism() > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0
  return tasksetWorks
}

/** Node with `nodeArguments`, tied to `cpu` where that is possible. */
export function nodeOnCpu (cpu: number | undefined, nodeArguments: readonly string[] = []): PinnedNode {
  if (cpu === undefined || cpu >= availableParallelism() || !canPin()) {
    return { execPath: process.execPath, execArgv: [...nodeArguments] }
  }
  return { execPath: 'taskset', execArgv: ['-c', String(cpu), process.execPath, ...nodeArguments] }
}
