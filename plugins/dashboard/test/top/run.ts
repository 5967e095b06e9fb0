import type { Test } from 'tap'
import { systemClock } from '@plimsoll/core'
import { runTop } from '../../src/top/top.ts'
import type { TopPorts } from '../../src/top/top.ts'
import { FakeOutput } from './fake-terminal.ts'

export interface Running {
  readonly out: FakeOutput
  readonly complaints: () => string
  readonly end: () => void
  readonly code: Promise<number>
}

/** The command, as a process would run it. */
export function run (t: Test, args: readonly string[], ports: Partial<TopPorts> & { readonly out?: FakeOutput } = {}): Running {
  const out = ports.out ?? new FakeOutput()
  const ending = new AbortController()
  let complaints = ''
  t.teardown(() => { ending.abort() })
  const code = runTop(['top', ...args], {
    environment: {},
    clock: systemClock,
    complain: (text) => { complaints += text },
    signal: ending.signal,
    ...ports,
    out
  })
  // Timers of the command don't hold a process, and a test waits for them.
  const hold = setInterval(() => {}, 1000)
  const release = (): void => { clearInterval(hold) }
  code.then(release, release)
  return { out, complaints: () => complaints, end: () => { ending.abort() }, code }
}
