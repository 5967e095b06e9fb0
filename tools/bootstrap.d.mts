export interface LockEntry {
  readonly version?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: string | readonly string[]
  readonly cpu?: string | readonly string[]
  readonly libc?: string | readonly string[]
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockEntry>>
}

export interface Want {
  readonly dev: boolean
  readonly machine: { readonly platform: string, readonly arch: string, readonly libc?: string | undefined }
  readonly exists: (path: string) => boolean
}

/** The packages of the lockfile that this machine needs and does not have, or has in another version. */
export function missingPackages (lock: Lock, installed: Lock | undefined, want: Want): string[]
