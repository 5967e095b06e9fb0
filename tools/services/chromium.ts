import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'
import { libraryPath } from './debian.ts'
import { findService } from './find.ts'

/** Nothing that talks to anybody, asks anything, or needs more shared memory than a container has. */
const flags = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage']
/** A cold start on a busy machine takes long. */
const START_MS = 90_000

/** A headless Chromium with a new, empty profile. It ends with `close()`, or with this process. */
export async function startChromium (): Promise<Browser> {
  const executablePath = unwrapped(await findService('chromium'))
  return await chromium.launch({
    executablePath,
    args: flags,
    // Chromium's sandbox refuses to start as root, which is what a container mostly is.
    chromiumSandbox: false,
    timeout: START_MS,
    env: { ...definedVariables(), ...libraryPath(executablePath) }
  })
}

/** Debian's `chromium` is a script that starts /usr/lib/chromium/chromium: not there when the package was merely unpacked. */
function unwrapped (program: string): string {
  const binary = join(dirname(program), '../lib/chromium/chromium')
  return existsSync(binary) ? binary : program
}

function definedVariables (): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
