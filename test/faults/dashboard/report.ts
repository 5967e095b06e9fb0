/** What a part of the battery found. */
export interface Report {
  /** Pages looked at, views shown, servers killed. */
  readonly operations: number
  readonly violations: readonly string[]
  /** For people. */
  readonly figures: string
}

export function joined (reports: readonly Report[]): Report {
  return {
    operations: reports.reduce((sum, { operations }) => sum + operations, 0),
    violations: reports.flatMap(({ violations }) => violations),
    figures: reports.map(({ figures }) => figures).filter((text) => text !== '').join('; ')
  }
}
