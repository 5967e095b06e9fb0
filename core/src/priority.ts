/** Most important first. The index is the rank that hot paths compare. */
export const PRIORITIES = ['system', 'critical', 'high', 'normal', 'low', 'batch'] as const

export type Priority = typeof PRIORITIES[number]

/** 0 `system`, 1 `critical`, 2 `high`, 3 `normal`, 4 `low`, 5 `batch`: lower is more important. */
export type PriorityRank = 0 | 1 | 2 | 3 | 4 | 5

export const PRIORITY_RANK: Readonly<Record<Priority, PriorityRank>> = { system: 0, critical: 1, high: 2, normal: 3, low: 4, batch: 5 }
