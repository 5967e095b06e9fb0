/** Where each recipe keeps its keys. Names are encoded, so that no name can reach into another's keys. */
export const keys = {
  value: (key: string): string => `kv/${key}`,
  /** Alive as long as the session is. */
  live: (session: string): string => `live/${session}`,
  instance: (id: string): string => `in/${encodeURIComponent(id)}`,
  election: (name: string): string => `el/${encodeURIComponent(name)}/`,
  leader: (name: string): string => `el/${encodeURIComponent(name)}/leader`,
  epoch: (name: string): string => `el/${encodeURIComponent(name)}/epoch`,
  capacity: (name: string): string => `cap/${encodeURIComponent(name)}`,
  quota: (name: string, key: string): string => `rate/${encodeURIComponent(name)}/${key}`,
  queue: (name: string): string => `q/${encodeURIComponent(name)}/`
} as const
