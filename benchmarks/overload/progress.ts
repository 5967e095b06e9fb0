/** Shows what is being done on a terminal, on a line that is overwritten; says nothing in a pipe. */
export function progress (text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`)
}
