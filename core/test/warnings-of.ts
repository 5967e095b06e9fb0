export interface PlimsollWarning {
  readonly name: string
  readonly code: string | undefined
  readonly message: string
}

/** The process warnings of Plimsoll's that are given while `run` runs. */
export async function warningsOf (run: () => Promise<void>): Promise<PlimsollWarning[]> {
  const warnings: PlimsollWarning[] = []
  const listen = (warning: Error & { readonly code?: string }): void => {
    if (warning.name === 'PlimsollWarning') warnings.push({ name: warning.name, code: warning.code, message: warning.message })
  }
  process.on('warning', listen)
  try {
    await run()
    // They are emitted on the next tick.
    await new Promise(resolve => setImmediate(resolve))
  } finally {
    process.off('warning', listen)
  }
  return warnings
}
