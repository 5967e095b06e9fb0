// Works until it is ended, and ends with whoever started it.

process.on('disconnect', () => process.exit())
process.on('SIGINT', () => {})

setImmediate(work)

function work (): void {
  const until = performance.now() + 50
  while (performance.now() < until);
  setImmediate(work)
}
