import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { killOnExit } from '../../test/faults/coordination/leave-nothing.ts'
import type { DemandConfig, Standing } from './demand-process.ts'

const PROCESS = fileURLToPath(new URL('./demand-process.ts', import.meta.url))

/** Runs processes that want permits, one for each of `configs`; their standings from when all have begun. */
export async function demandsOf (configs: readonly DemandConfig[], ms: number): Promise<readonly (readonly Standing[])[]> {
  const children = configs.map((config) => {
    const child = fork(PROCESS, [JSON.stringify(config)], { execArgv: ['--conditions=plimsoll:source', '--disable-warning=ExperimentalWarning'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'], serialization: 'advanced' })
    killOnExit(child)
    return child
  })
  await Promise.all(children.map((child) => once(child, 'message')))
  for (const child of children) child.send('begin')
  await delay(ms)
  return await Promise.all(children.map(async (child) => {
    child.send('end')
    const [standings]: readonly Standing[][] = await once(child, 'message')
    return standings ?? []
  }))
}

/** Of the time in which at least `total` permits were wanted: the part of them that was granted to who wanted them. */
export function utilisation (processes: readonly (readonly Standing[])[], total: number): { readonly share: number, readonly ms: number } {
  const begin = Math.max(...processes.map((standings) => standings[0]?.[0] ?? Infinity))
  const changes = processes.flatMap((standings, process) => standings.map((standing) => ({ process, standing }))).sort((a, b) => a.standing[0] - b.standing[0])
  const wants = processes.map(() => 0)
  const used = processes.map(() => 0)
  let [wanted, inUse, wantedMs, usedMs] = [0, 0, 0, 0]
  for (const [index, { process, standing: [at, mine, granted] }] of changes.entries()) {
    wanted += mine - (wants[process] ?? 0)
    inUse += Math.min(mine, granted) - (used[process] ?? 0)
    wants[process] = mine
    used[process] = Math.min(mine, granted)
    const until = changes[index + 1]?.standing[0]
    if (until === undefined || at < begin || wanted < total) continue
    wantedMs += until - at
    usedMs += (until - at) * Math.min(inUse, total) / total
  }
  return { share: usedMs / wantedMs, ms: wantedMs }
}
