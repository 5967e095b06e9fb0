const char = String.fromCodePoint
const ESC = char(0x1b)
const CSI = char(0x9b)

/** Texts that want something of a terminal, or of who reads it. */
export const HOSTILE: readonly string[] = [
  `${ESC}[2J${ESC}[H`,
  `${ESC}]0;owned${char(7)}`,
  `${ESC}]52;c;cm0gLXJmIC8=${char(7)}`,
  `${ESC}]8;;https://evil.example${ESC}\\click${ESC}]8;;${ESC}\\`,
  `${ESC}P+q544e${ESC}\\`,
  `${ESC}_Gf=100;AAAA${ESC}\\`,
  `${ESC}[?1049l${ESC}[?25h`,
  `${ESC}[6n`,
  `${ESC}c`,
  `${ESC}[31mred`,
  `${ESC}(0lqqk`,
  `${CSI}2J`,
  `${char(0x9d)}0;owned${char(0x9c)}`,
  `${char(0x90)}q${char(0x9c)}`,
  `a${char(8).repeat(10)}b`,
  `line${char(0x0d)}over`,
  `line${char(0x0a)}feed${char(0x0b)}${char(0x0c)}`,
  `nul${char(0)}bell${char(7)}${char(0x0e)}${char(0x0f)}`,
  `del${char(0x7f)}`,
  `nel${char(0x85)}next`,
  `${char(0x202e)}txt.exe`,
  `${char(0x2066)}isolated${char(0x2069)}`,
  `${char(0x200f)}mark${char(0x061c)}`,
  `zero${char(0x200b)}width${char(0x2060)}${char(0xfeff)}`,
  `soft${char(0xad)}hyphen`,
  `line${char(0x2028)}para${char(0x2029)}`,
  `tag${char(0xe0041)}${char(0xe007f)}`,
  `lone ${String.fromCharCode(0xd800)} and ${String.fromCharCode(0xdc00)}`,
  `z${char(0x300).repeat(500)}algo`,
  `interlinear${char(0xfff9)}${char(0xfffb)}`,
  '%s %n $HOME `id` $(id)',
  '__proto__',
  'x'.repeat(5000)
]

/** No character that a terminal acts upon, hides, or turns the text by; and no pile of marks. */
export function isHarmless (text: string): boolean {
  let marks = 0
  for (const character of text) {
    const code = character.codePointAt(0)!
    marks = /\p{M}/u.test(character) ? marks + 1 : 0
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f) || marks > 2) return false
    if (/[\p{Cf}\p{Zl}\p{Zp}]/u.test(character) || (code >= 0xd800 && code <= 0xdfff)) return false
  }
  return true
}
