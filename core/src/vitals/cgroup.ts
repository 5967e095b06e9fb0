import type { ReadText } from './system-files.ts'

/** A cgroup of this process: its own and its parents' directories, own first. */
export interface Cgroup {
  readonly version: 1 | 2
  readonly directories: readonly string[]
}

// Real hierarchies are a handful deep; this bounds what a strange one could cost at every sample.
const MAX_DEPTH = 16

/**
 * Finds the cgroup that governs `controller`, version 1 or 2 or both mounted side by side (hybrid). The file system's
 * own account is used (/proc/self/cgroup, /proc/self/mountinfo), since mount points differ between distributions and
 * inside containers.
 */
export function findCgroup (read: ReadText, controller: 'memory' | 'cpu'): Cgroup | undefined {
  const memberships = parseMemberships(read('/proc/self/cgroup') ?? '')
  const mounts = parseMounts(read('/proc/self/mountinfo') ?? '')
  const v1 = mounts.find(({ type, options }) => type === 'cgroup' && options.includes(controller))
  const v1Path = memberships.get(controller)
  // In a hybrid a controller that version 1 has taken is missing from version 2, so version 1 is asked first.
  if (v1 !== undefined && v1Path !== undefined) return { version: 1, directories: directoriesOf(v1, v1Path, read, controller === 'memory' ? 'memory.limit_in_bytes' : 'cpu.cfs_quota_us') }
  const v2 = mounts.find(({ type }) => type === 'cgroup2')
  const v2Path = memberships.get('')
  if (v2 !== undefined && v2Path !== undefined) return { version: 2, directories: directoriesOf(v2, v2Path, read, 'cgroup.controllers') }
  return undefined
}

interface Mount {
  readonly root: string
  readonly point: string
  readonly type: string
  readonly options: readonly string[]
}

/** `12:cpu,cpuacct:/path` a line; version 2 has the controller list empty. */
function parseMemberships (text: string): ReadonlyMap<string, string> {
  const paths = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (controllers === undefined || path === undefined) continue
    for (const controller of controllers.split(',')) paths.set(controller, path)
  }
  return paths
}

/** `36 35 98:0 /root /point opts … - type source super-options`, see proc_pid_mountinfo(5). */
function parseMounts (text: string): readonly Mount[] {
  const mounts: Mount[] = []
  for (const line of text.split('\n')) {
    const [, root, point, type, options] = /^\S+ \S+ \S+ (\S+) (\S+) .*? - (cgroup2?) \S+ (\S+)/.exec(line) ?? []
    if (root === undefined || point === undefined || type === undefined || options === undefined) continue
    mounts.push({ root, point, type, options: options.split(',') })
  }
  return mounts
}

function directoriesOf (mount: Mount, path: string, read: ReadText, proof: string): readonly string[] {
  const own = belowMount(mount, path)
  // Inside a container the path may be the host's, which is not mounted here: then the mount point is our own cgroup.
  const start = own !== '' && read(`${mount.point}${own}/${proof}`) === undefined ? '' : own
  const directories: string[] = []
  for (let below = start; directories.length < MAX_DEPTH; below = below.slice(0, below.lastIndexOf('/'))) {
    directories.push(mount.point + below)
    if (below === '') break
  }
  return directories
}

/** The part of a cgroup's path that lies under what is mounted; '' is the mounted cgroup itself. */
function belowMount ({ root }: Mount, path: string): string {
  if (path.includes('/..')) return ''
  if (root === '/') return path === '/' ? '' : path
  return path.startsWith(`${root}/`) ? path.slice(root.length) : ''
}
