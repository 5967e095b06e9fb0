export interface LineChart {
  readonly title: string
  readonly unit: string
  /** Milliseconds since the Unix epoch. */
  readonly at: readonly number[]
  /** `null` is a gap. Names and titles are ours: they are not escaped. */
  readonly lines: ReadonlyArray<{ readonly name: string, readonly values: ReadonlyArray<number | null> }>
}

const WIDTH = 900
const HEIGHT = 120
const COLOURS = ['#2563eb', '#dc2626', '#d97706', '#7c3aed']

/** A line chart as SVG, from 0 to its highest value. */
export function lineChart ({ title, unit, at, lines }: LineChart): string {
  const highest = Math.max(0, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0)))
  const legend = lines.map(({ name }, i) => `<tspan fill="${COLOURS[i % COLOURS.length]}">${name}</tspan>`).join(' ')
  const drawn = lines.map(({ values }, i) => `<path d="${pathOf(values, at.length, highest)}" fill="none" stroke="${COLOURS[i % COLOURS.length]}"/>`).join('')
  return `<figure><svg viewBox="0 0 ${WIDTH} ${HEIGHT + 30}" role="img" aria-label="${title}"><text x="0" y="14" fill="currentColor">${title}, up to ${Number(highest.toPrecision(4))} ${unit} ${legend}</text><g transform="translate(0 24)">${drawn}</g></svg></figure>`
}

/** Begins anew after each gap. */
function pathOf (values: ReadonlyArray<number | null>, points: number, highest: number): string {
  let path = ''
  let drawing = false
  for (const [i, value] of values.entries()) {
    if (value !== null) {
      const x = (i / Math.max(1, points - 1) * WIDTH).toFixed(1)
      const y = (HEIGHT - (highest === 0 ? 0 : value / highest * HEIGHT)).toFixed(1)
      // A point of its own would be invisible.
      path += drawing ? `L${x} ${y}` : `M${x} ${y}h1`
    }
    drawing = value !== null
  }
  return path
}
