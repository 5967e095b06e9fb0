import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

const ROUND_ROBIN = 2
/** Fields of /proc/self/stat after the name, which may hold blanks. */
const PRIORITY_FIELD = 37
const POLICY_FIELD = 38

const run = promisify(execFile)

/** This process's real-time priority, as `chrt -r N` gives one; `undefined` without. */
export function realTimePriority (): number | undefined {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(fields[POLICY_FIELD]) === ROUND_ROBIN ? Number(fields[PRIORITY_FIELD]) : undefined
  } catch {
    return undefined
  }
}

/** Gives all threads of a process this real-time priority, or none. One that has ended meanwhile is none's business. */
export async function setRealTimePriority (pid: number, priority: number | undefined): Promise<void> {
  const policy = priority === undefined ? ['--other', '--pid', '0'] : ['--rr', '--pid', String(priority)]
  await run('chrt', ['--all-tasks', ...policy, String(pid)]).catch(() => {})
}
