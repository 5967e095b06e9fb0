/** The best encoding that an Accept-Encoding header allows, of those in `available`. */
export function encodingAccepted (header: string | string[] | undefined, available: ReadonlyArray<'br' | 'gzip'> = ['br', 'gzip']): 'br' | 'gzip' | undefined {
  const accepted = String(header ?? '').toLowerCase().split(',').map(readPart)
  return available.find((encoding) => accepted.some(({ name, refused }) => name === encoding && !refused))
}

function readPart (part: string): { readonly name: string, readonly refused: boolean } {
  const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim())
  return { name, refused: parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter)) }
}
