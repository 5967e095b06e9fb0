import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { libraryPath } from './debian.ts'

export interface RunningService {
  readonly port: number
  readonly pid: number
  /** Ends the process and removes its files; resolves when it is gone. Any number of calls. */
  readonly stop: () => Promise<void>
}

export interface Launch {
  readonly program: string
  /** A port to use again after a restart. @default a free one */
  readonly port?: number | undefined
  readonly args: (port: number, folder: string) => readonly string[]
  /** Resolves true when the service answers. */
  readonly isReady: (port: number) => Promise<boolean>
}

const attempts = 3
const readyWithin = 15_000
const stopWithin = 5_000

/** Starts a service and waits until it answers. @throws {Error} with what it printed when it does not. */
export async function launch (service: Launch): Promise<RunningService> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(service, service.port ?? await freePort())
    } catch (error) {
      // Another process can take the free port before the service does.
      if (service.port !== undefined || attempt === attempts) throw error
    }
  }
}

/**
 * A port of 127.0.0.1 that was free a moment ago. It lies below those that a system hands out by itself, for connections
 * too: nobody is given it by chance until the caller uses it.
 */
export async function freePort (): Promise<number> {
  for (;;) {
    const port = 10_240 + Math.floor(20_000 * Math.random())
    if (await isFree(port)) return port
  }
}

async function isFree (port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const server = createServer().on('error', () => resolve(false))
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  return await promise
}

async function start ({ program, args, isReady }: Launch, port: number): Promise<RunningService> {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-service-'))
  const [command, ...before] = [...diesWithParent(), program]
  const child = spawn(command ?? program, [...before, ...args(port, folder)], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: '', ...libraryPath(program) },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const printed: string[] = []
  const keep = (chunk: Buffer): void => { if (printed.push(chunk.toString()) > 100) printed.shift() }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const { promise: ended, resolve: end } = Promise.withResolvers<boolean>()
  child.on('close', () => end(true))
  child.on('error', (error) => { printed.push(error.message); end(true) })

  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    if (!await Promise.race([ended, delay(stopWithin, false, { ref: false })])) child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }

  const deadline = performance.now() + readyWithin
  while (performance.now() < deadline) {
    if (await isReady(port).catch(() => false)) return { port, pid: child.pid ?? 0, stop }
    if (await Promise.race([ended, delay(50, false)])) break
  }
  await stop()
  throw new Error(`${program} did not answer on port ${port}:\n${printed.join('')}`)
}

/** A test that is killed can't stop its services: on Linux the kernel does. */
function diesWithParent (): string[] {
  const setpriv = '/usr/bin/setpriv'
  return existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL', '--'] : []
}
