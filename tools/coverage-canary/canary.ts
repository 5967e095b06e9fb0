/** Covered by canary.test.ts, except for one function that nothing calls: the coverage gate must fail because of it. */
export function called (): string {
  return 'called'
}

export function uncalled (): string {
  return 'uncalled'
}
