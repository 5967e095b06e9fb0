/** Reads fields that each have their length in bytes before them: `3:abc0:`. @throws RangeError for anything else */
export function readFields (bytes: Buffer): Buffer[] {
  const fields: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const colon = bytes.indexOf(COLON, at)
    const length = colon < 0 ? NaN : Number(bytes.toString('latin1', at, colon))
    const end = colon + 1 + length
    if (!(length >= 0) || end > bytes.length) throw new RangeError(`no field at byte ${at}`)
    fields.push(bytes.subarray(colon + 1, end))
    at = end
  }
  return fields
}

/** The fields as {@link readFields} reads them. */
export function writeFields (fields: readonly Uint8Array[]): Buffer {
  return Buffer.concat(fields.flatMap((field) => [Buffer.from(`${field.length}:`), field]))
}

const COLON = 58
