// What a service tells comes from its components, its clients and other processes: none of it may move the cursor, change
// the title, turn the text around, or shift a column.

const BLANK = /[\t\n\r]+/g
/** Controls (C0, DEL, C1), format characters (direction, invisible ones, tags), lone surrogates, line and paragraph separators. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
/** Marks that would be piled up over the lines above. */
const PILED_MARKS = /(\p{M}{2})\p{M}+/gu
const MARK = /\p{M}/u
const WIDE = /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u

/** One line without anything that a terminal would act upon; what was there is still seen to have been there. */
export function printable (text: string): string {
  return text.replace(BLANK, ' ').replace(UNPRINTABLE, '\ufffd').replace(PILED_MARKS, '$1')
}

/** JSON in which a terminal finds nothing to act upon either: escapes stand for what JSON leaves as it is. */
export function printableJson (value: unknown): string {
  return JSON.stringify(value).replace(UNPRINTABLE, (character) => Array.from({ length: character.length }, (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''))
}

/** Columns of a terminal that it takes. */
export function widthOf (text: string): number {
  let width = 0
  for (const character of text) width += columnsOf(character)
  return width
}

/** At most `width` columns of it; shows that it was cut. */
export function cut (text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let kept = ''
  let left = width - 1
  for (const character of text) {
    left -= columnsOf(character)
    if (left < 0) break
    kept += character
  }
  return width < 1 ? '' : `${kept}…`
}

export function padEnd (text: string, width: number): string { return text + ' '.repeat(Math.max(0, width - widthOf(text))) }

export function padStart (text: string, width: number): string { return ' '.repeat(Math.max(0, width - widthOf(text))) + text }

/** In lines of at most `width` columns, at blanks; at most `lines`, the last one cut. */
export function wrap (text: string, width: number, lines: number): readonly string[] {
  const wrapped: string[] = []
  let rest = text
  while (widthOf(rest) > width && wrapped.length < lines - 1) {
    const head = cut(rest, width + 1).slice(0, -1)
    const blank = head.lastIndexOf(' ')
    const end = blank > 0 ? blank : head.length
    wrapped.push(rest.slice(0, end))
    rest = rest.slice(end).trimStart()
  }
  return [...wrapped, cut(rest, width)]
}

function columnsOf (character: string): number {
  if (MARK.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}
