import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { seededRandom } from '@plimsoll/core/testing'
import { cut, padEnd, padStart, printable, printableJson, widthOf, wrap } from '../../src/top/printable.ts'
import { HOSTILE, isHarmless } from './hostile.ts'

t.test('nothing that a terminal acts upon gets through, and what can be read stays', async (t) => {
  for (const [i, text] of HOSTILE.entries()) {
    t.ok(isHarmless(printable(text)), `number ${i}`)
    t.ok(printable(printable(text)) === printable(text), `number ${i}, twice`)
  }
  t.equal(printable('GET /items/:id'), 'GET /items/:id')
  t.equal(printable('Größe 日本語 €'), 'Größe 日本語 €')
  t.equal(printable('a\nb\t\r\nc'), 'a b c')
  t.equal(printable('a\u001b[31mb'), 'a\ufffd[31mb')
})

t.test('random text of every plane is harmless', async (t) => {
  const random = seededRandom(11)
  for (let i = 0; i < 300; i++) {
    const text = Array.from({ length: 200 }, () => String.fromCodePoint(Math.floor(random() < 0.5 ? random() * 0x300 : random() * 0x10ffff))).join('')
    if (!isHarmless(printable(text))) t.fail(JSON.stringify(text))
    if (!isHarmless(printableJson({ [text]: text }).replace(/\p{M}/gu, ''))) t.fail(JSON.stringify(text))
  }
})

t.test('JSON says the same as before, in characters that a terminal leaves alone', async (t) => {
  for (const [i, text] of HOSTILE.entries()) {
    const json = printableJson({ [text]: [text] })
    // A pile of marks is no command.
    t.ok(isHarmless(json) || /\p{M}{3}/u.test(text), `number ${i}`)
    t.ok(isDeepStrictEqual(JSON.parse(json), JSON.parse(JSON.stringify({ [text]: [text] }))), `number ${i}, read again`)
  }
})

t.test('width is that of a terminal', async (t) => {
  for (const [text, width] of [['', 0], ['abc', 3], ['日本', 4], ['e\u0301', 1], ['🚀', 2], ['한', 2], ['…', 1], ['ＦＵ', 4]] as const) t.equal(widthOf(text), width, text)
})

t.test('what is cut fits, and shows it', async (t) => {
  t.equal(cut('abcdef', 6), 'abcdef')
  t.equal(cut('abcdef', 5), 'abcd…')
  t.equal(cut('日本語', 5), '日本…')
  t.equal(cut('日本語', 4), '日…')
  t.equal(cut('abc', 1), '…')
  t.equal(cut('abc', 0), '')
  t.equal(padEnd('日', 4), '日  ')
  t.equal(padStart('日', 4), '  日')
  t.equal(padStart('abcdef', 4), 'abcdef')
})

t.test('lines are broken at blanks, or where there is none', async (t) => {
  t.same(wrap('one two three', 20, 3), ['one two three'])
  t.same(wrap('one two three', 8, 3), ['one two', 'three'])
  t.same(wrap('one two three four five', 8, 2), ['one two', 'three f…'])
  t.same(wrap('abcdefghij', 4, 3), ['abcd', 'efgh', 'ij'])
  t.same(wrap('one two', 3, 3), ['one', 'two'])
})
