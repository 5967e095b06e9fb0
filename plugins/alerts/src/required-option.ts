import type { OptionCheck } from '@plimsoll/core'

/** An option that may not stay out; `right` says what to give. */
export function required<T> (check: OptionCheck<T | undefined>, right: string): OptionCheck<T> {
  return {
    read (given, path, refuse) {
      const value = check.read(given, path, refuse)
      return value === undefined ? refuse(path, given, right) : value
    }
  }
}
