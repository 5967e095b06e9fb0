import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Whether a Redis can be started here; nothing is downloaded for a demonstration. */
export function redisIsOnPath (): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.some((folder) => ['redis-server', 'valkey-server'].some((program) => isExecutable(join(folder, program))))
}

function isExecutable (file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
