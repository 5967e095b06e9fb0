import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const RECORDER = fileURLToPath(new URL('./record.ts', import.meta.url))

/** All at the same time, each in a process of its own. */
export async function recordByHand (kinds: readonly string[]): Promise<boolean> {
  const codes = await Promise.all(kinds.map(async kind => {
    const child = fork(RECORDER, [kind], {
      execArgv: ['--conditions=plimsoll:source', '--disable-warning=ExperimentalWarning'],
      env: { ...process.env, NODE_ENV: 'development' }
    })
    const [code] = await once(child, 'exit')
    return code === 0
  }))
  return codes.every(Boolean)
}
