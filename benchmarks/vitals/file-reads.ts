import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

/** CPU microseconds (all threads) that reading a small file of the kernel costs, either way. */
export async function fileReadCosts (path: string, reads = 2000): Promise<{ readonly sync: number, readonly async: number }> {
  const warm = Math.ceil(reads / 10)
  for (let i = 0; i < warm; i++) readFileSync(path, 'utf8')
  const beforeSync = process.cpuUsage()
  for (let i = 0; i < reads; i++) readFileSync(path, 'utf8')
  const sync = process.cpuUsage(beforeSync)
  for (let i = 0; i < warm; i++) await readFile(path, 'utf8')
  const beforeAsync = process.cpuUsage()
  for (let i = 0; i < reads; i++) await readFile(path, 'utf8')
  const async = process.cpuUsage(beforeAsync)
  return { sync: (sync.user + sync.system) / reads, async: (async.user + async.system) / reads }
}
