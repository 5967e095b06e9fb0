import type { ChildProcess } from 'node:child_process'
import { rmSync } from 'node:fs'

const children = new Set<ChildProcess>()
const folders = new Set<string>()
let watching = false

/** What this process has started ends with it, stopped or not; on Ctrl-C too. */
export function killOnExit (child: ChildProcess): void {
  watch()
  children.add(child)
  child.once('exit', () => { children.delete(child) })
}

/** What it has written goes with it. */
export function removeOnExit (folder: string): void {
  watch()
  folders.add(folder)
}

function watch (): void {
  if (watching) return
  watching = true
  process.on('exit', () => {
    for (const child of children) child.kill('SIGKILL')
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => { process.exit(1) })
}
