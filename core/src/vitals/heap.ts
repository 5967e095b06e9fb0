import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'

const MIB = 2 ** 20
const OLD_SPACE_FLAG = /^--max[-_]old[-_]space[-_]size=(\d+)$/

/** What this process was started with; the later ones win. */
const FLAGS: readonly string[] = [process.env['NODE_OPTIONS'], ...process.execArgv].join(' ').split(/\s+/)

/**
 * Bytes at which V8 gives up: what `--max-old-space-size` says, where it is set. V8's `heap_size_limit` has the young
 * generation in it (192 MiB on Node 24), which a process with a full old one never gets to use: one of 256 MiB ends at 57 % of it.
 */
export function heapLimit (flags: readonly string[] = FLAGS): number {
  const { heap_size_limit: limit } = getHeapStatistics()
  const given = flags.map((flag) => OLD_SPACE_FLAG.exec(flag)?.[1]).findLast((megabytes) => megabytes !== undefined)
  return given === undefined ? limit : Math.min(Number(given) * MIB, limit)
}

/** Bytes of the heap that count against its limit: the young generation has room of its own. */
export function oldGenerationUsed (heapUsed: number): number {
  const young = getHeapSpaceStatistics().filter(({ space_name: name }) => name === 'new_space')
  return young.reduce((left, { space_used_size: used }) => Math.max(0, left - used), heapUsed)
}
