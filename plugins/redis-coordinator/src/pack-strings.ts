const ARRAY_32 = 0xdd
const STRING_32 = 0xdb
/** Of the mark and the length of a field, and of the array. */
const HEAD = 5

/** The msgpack array of strings that Lua's cmsgpack unpacks: one argument in the place of thousands. */
export function packStrings (fields: readonly (string | Uint8Array)[]): Buffer {
  // Of a string no more is known than that UTF-8 takes three bytes a unit at most.
  const bound = fields.reduce((sum, field) => sum + HEAD + (typeof field === 'string' ? 3 * field.length : field.length), HEAD)
  const packed = Buffer.allocUnsafe(bound)
  packed[0] = ARRAY_32
  packed.writeUInt32BE(fields.length, 1)
  let at = HEAD
  for (const field of fields) {
    let length = field.length
    if (typeof field === 'string') length = packed.write(field, at + HEAD)
    else packed.set(field, at + HEAD)
    packed[at] = STRING_32
    packed.writeUInt32BE(length, at + 1)
    at += HEAD + length
  }
  return packed.subarray(0, at)
}
