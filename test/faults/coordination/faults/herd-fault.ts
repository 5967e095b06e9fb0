import { fork } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HerdConfig } from '../herd.ts'
import { killOnExit } from '../leave-nothing.ts'
import { readProcessLog } from '../process-log.ts'
import { recordsOf } from '../record.ts'
import type { Scene } from '../scene.ts'
import type { Fault } from './fault.ts'

const HERD = fileURLToPath(new URL('../herd.ts', import.meta.url))
const INSTANCES = 50

/** Fifty instances: as many processes in a long run, a few with several each in a short one. */
export function herdFault (processes: number): Fault {
  return {
    id: 'F18',
    what: `${INSTANCES} instances start at once, in ${processes} processes`,
    mostRounds: 3,
    inject: async (scene) => {
      const name = `herd${scene.herds.length}`
      const members = Array.from({ length: processes }, (_, member) => run(scene, {
        port: scene.redis.port,
        instances: INSTANCES / processes,
        log: join(scene.folder, `${name}-${member}`),
        ms: 1_500 + 100 * processes,
        seed: Math.floor(scene.random() * 2 ** 31)
      }))
      await Promise.all(members)
      const logs = globSync(`${name}-*.log`, { cwd: scene.folder }).map((file) => ({ process: basename(file, '.log'), records: readProcessLog(join(scene.folder, file)) }))
      scene.herds.push(logs)
      return { instances: INSTANCES, elections: recordsOf(logs, 'elected').length }
    }
  }
}

async function run (scene: Scene, config: HerdConfig): Promise<void> {
  const child = fork(HERD, [JSON.stringify(config)], {
    execArgv: ['--conditions=plimsoll:source', '--disable-warning=ExperimentalWarning'],
    env: { ...process.env, NODE_COMPILE_CACHE: scene.compileCache },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc']
  })
  killOnExit(child)
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`a process of the herd ended with ${String(code)}`)
}
