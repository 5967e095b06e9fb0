import { crc32, deflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')
const COLOURS = 256

/** A picture, four bytes to a pixel. */
export interface Pixels {
  readonly width: number
  readonly height: number
  readonly rgba: Uint8Array
}

/**
 * A PNG of at most 256 colours: half the bytes of what a browser makes of a screenshot, and hardly to be told from it.
 * The colours are the most frequent ones at five bits a channel; all others become the nearest of these.
 */
export function palettePng ({ width, height, rgba }: Pixels): Buffer {
  const palette = frequentColours(rgba)
  const nearest = new Map<number, number>()
  const rows = Buffer.alloc((width + 1) * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4
      const key = coarse(rgba, at)
      let index = nearest.get(key)
      if (index === undefined) nearest.set(key, index = nearestOf(palette, rgba, at))
      rows[y * (width + 1) + 1 + x] = index
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  // Eight bits, a palette; standard compression and filters, not interlaced.
  header.set([8, 3, 0, 0, 0], 8)
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('PLTE', Buffer.from(palette.flat())), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))])
}

type Colour = readonly [red: number, green: number, blue: number]

function frequentColours (rgba: Uint8Array): Colour[] {
  const counts = new Map<number, { count: number, red: number, green: number, blue: number }>()
  for (let at = 0; at < rgba.length; at += 4) {
    const key = coarse(rgba, at)
    const sum = counts.get(key) ?? { count: 0, red: 0, green: 0, blue: 0 }
    if (sum.count === 0) counts.set(key, sum)
    sum.count++
    sum.red += rgba[at] ?? 0
    sum.green += rgba[at + 1] ?? 0
    sum.blue += rgba[at + 2] ?? 0
  }
  return [...counts.values()].sort((a, b) => b.count - a.count).slice(0, COLOURS).map(({ count, red, green, blue }) => [Math.round(red / count), Math.round(green / count), Math.round(blue / count)])
}

function coarse (rgba: Uint8Array, at: number): number {
  return ((rgba[at] ?? 0) >> 3 << 10) | ((rgba[at + 1] ?? 0) >> 3 << 5) | (rgba[at + 2] ?? 0) >> 3
}

function nearestOf (palette: readonly Colour[], rgba: Uint8Array, at: number): number {
  let best = 0
  let least = Infinity
  for (const [index, [red, green, blue]] of palette.entries()) {
    const distance = ((rgba[at] ?? 0) - red) ** 2 + ((rgba[at + 1] ?? 0) - green) ** 2 + ((rgba[at + 2] ?? 0) - blue) ** 2
    if (distance >= least) continue
    best = index
    least = distance
  }
  return best
}

function chunk (type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}
