/** Red, green, blue from 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number]

const LEVELS = 64

/** Colours from weak to strong as pixels of a canvas (little-endian RGBA), between the given stops. */
export function heatColours (stops: readonly Rgb[]): Uint32Array {
  return Uint32Array.from({ length: LEVELS }, (_, level) => {
    const position = level / (LEVELS - 1) * (stops.length - 1)
    const from = stops[Math.floor(position)] ?? [0, 0, 0]
    const to = stops[Math.ceil(position)] ?? from
    const [red, green, blue] = from.map((value, channel) => Math.round(value + ((to[channel] ?? 0) - value) * (position % 1)))
    return ((255 << 24) | ((blue ?? 0) << 16) | ((green ?? 0) << 8) | (red ?? 0)) >>> 0
  })
}

/** Level of a count: logarithmic, so that one slow request among thousands is seen. */
export function levelOf (count: number, largest: number): number {
  return largest <= 1 ? LEVELS - 1 : Math.min(LEVELS - 1, Math.round(Math.log(count) / Math.log(largest) * (LEVELS - 1) * 0.9 + (LEVELS - 1) * 0.1))
}

/** Reads `rgb(1, 2, 3)`, as a browser writes a computed colour. */
export function readRgb (text: string): Rgb {
  const [red = 0, green = 0, blue = 0] = (text.match(/[\d.]+/g) ?? []).map(Number)
  return [red, green, blue]
}
