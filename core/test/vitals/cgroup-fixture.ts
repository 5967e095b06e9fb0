import { readFileSync } from 'node:fs'
import type { ReadText } from '../../src/vitals/system-files.ts'

export interface CgroupFixture {
  readonly read: ReadText
  /** Overwrites a file, as the kernel does. */
  set (path: string, text: string | undefined): void
}

/** A machine's /proc and /sys from one file of `fixtures/cgroup`, in the format of `head -c9999 <files>`. */
export function cgroupFixture (name: string): CgroupFixture {
  const [, ...sections] = readFileSync(new URL(`../fixtures/cgroup/${name}.txt`, import.meta.url), 'utf8').split(/^==> /m)
  const files = new Map<string, string | undefined>()
  for (const section of sections) {
    const [path = '', text = ''] = section.split(' <==\n', 2)
    files.set(path, text)
  }
  return { read: (path) => files.get(path), set: (path, text) => files.set(path, text) }
}
