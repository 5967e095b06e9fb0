import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

export const root: string = join(import.meta.dirname, '..')

export interface CommandOptions {
  readonly cwd?: string
  /** Added to this process's environment; what is undefined is taken out of it. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Kills the command and its children when it aborts. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds after which the command is killed and counts as failed. @default 600000 */
  readonly timeout?: number
}

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A command that had to succeed and did not; the message is what it printed. */
export class CommandError extends Error {
  readonly result: CommandResult

  constructor (command: string, result: CommandResult) {
    super([`${command} exited with ${result.code}`, result.stdout.trimEnd(), result.stderr.trimEnd()].filter((part) => part !== '').join('\n'))
    this.name = 'CommandError'
    this.result = result
  }
}

/** Runs a command, found among the project's own binaries first, and returns what it printed whatever its exit code. */
export async function runCommand (command: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  options.signal?.throwIfAborted()
  const child = spawn(command, args, {
    cwd: options.cwd ?? root,
    env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env['PATH'] ?? ''}`, FORCE_COLOR: '0', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: killing only the first process would leave tap's and npm's children running.
    detached: process.platform !== 'win32'
  })
  const kill = (): void => killGroup(child.pid)
  process.once('exit', kill)
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const stdout: string[] = []
  const stderr: string[] = []
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => { stdout.push(chunk) })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => { stderr.push(chunk) })
  child.on('error', reject)
  child.on('close', (code) => resolve(code ?? 1))
  const limit = options.timeout ?? 600_000
  const timer = setTimeout(() => {
    stderr.unshift(`killed after ${limit / 1000} s\n`)
    kill()
  }, limit)
  options.signal?.addEventListener('abort', kill)
  try {
    const code = await promise
    return { code, stdout: plain(stdout), stderr: plain(stderr) }
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', kill)
    process.off('exit', kill)
  }
}

/** Runs a command that has to succeed. @throws {CommandError} with everything it printed, the noise of stderr last. */
export async function mustRun (command: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const result = await runCommand(command, args, options)
  if (result.code !== 0) throw new CommandError([command, ...args].join(' '), result)
  return result
}

function killGroup (pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    // It has ended by itself meanwhile.
  }
}

function plain (chunks: readonly string[]): string {
  return stripVTControlCharacters(chunks.join(''))
}
