import t from 'tap'
import { bytesText, dateText, durationText, isoText, millisecondsText, numberText, shareText, timeText, wordsOf, writeMilliseconds } from '../../app/state/format.ts'

// The narrow no-break space reads badly in a test.
const plain = (text: string): string => text.replaceAll('\u202f', ' ')

t.test('numbers have three significant digits, and no more than needed', async (t) => {
  const written = [0, 0.4249, 7.3, 7, 48.25, 482, 999.4, 999.6, 4820, 9999.4, 9999.6, 48_249, 482_490, 999_499, 999_600, 4_820_000, 2_400_000_000].map(numberText)
  t.strictSame(written, ['0', '0.425', '7.3', '7', '48.3', '482', '999', '1,000', '4,820', '9,999', '10k', '48.2k', '482k', '999k', '1M', '4.82M', '2.4G'])
  t.equal(numberText(1e-7), '1e-7')
})

t.test('what is missing is a dash, whatever it is', async (t) => {
  for (const write of [numberText, shareText, millisecondsText, bytesText]) {
    for (const missing of [null, NaN, Infinity]) t.equal(write(missing), '–')
  }
})

t.test('a share that is there is never written as nothing', async (t) => {
  t.strictSame([0, 0.00002, 0.001, 0.034, 0.0999, 0.38, 0.996, 1].map((share) => plain(shareText(share))), ['0 %', '<0.1 %', '0.1 %', '3.4 %', '10 %', '38 %', '100 %', '100 %'])
})

t.test('times take the unit that keeps them short', async (t) => {
  const written = [0, 0.0421, 0.42, 0.9999, 4.2, 48.25, 482, 999.7, 1240, 12_400, 99_960, 126_000, 7_560_000].map((ms) => plain(millisecondsText(ms)))
  t.strictSame(written, ['0 ms', '42.1 µs', '420 µs', '1 ms', '4.2 ms', '48.3 ms', '482 ms', '1 s', '1.24 s', '12.4 s', '1.67 min', '2.1 min', '2.1 h'])
  t.strictSame(writeMilliseconds(4.2), { figure: '4.2', unit: 'ms' })
})

t.test('bytes are counted in powers of 1024', async (t) => {
  t.strictSame([0, 999, 1000, 1536, 140 * 2 ** 20, 2 ** 40, 5000 * 2 ** 40].map((bytes) => plain(bytesText(bytes))), ['0 B', '999 B', '0.977 KiB', '1.5 KiB', '140 MiB', '1 TiB', '5000 TiB'])
})

t.test('times are UTC, and whatever another instance sends is a time or a dash', async (t) => {
  const at = Date.UTC(2026, 10, 21, 2, 14, 7)
  t.equal(timeText(at), '02:14:07')
  t.equal(dateText(at, at + 3_600_000), '02:14:07')
  t.equal(dateText(at, at + 86_400_000), '2026-11-21 02:14:07')
  for (const wrong of [NaN, Infinity, 1e300, -1e300]) {
    t.equal(timeText(wrong), '–')
    t.equal(dateText(wrong, at), '–')
    t.equal(isoText(wrong), '')
    t.equal(dateText(at, wrong), '2026-11-21 02:14:07')
  }
})

t.test('durations are read at a glance', async (t) => {
  t.strictSame([-5, 0, 12_400, 119_000, 240_000, 7_199_000, 7_200_000, 8_040_000, 200_000_000].map((ms) => plain(durationText(ms))), ['0 s', '0 s', '12 s', '119 s', '4 min', '119 min', '2 h', '2 h 14 min', '2 d'])
})

t.test('names of figures become words', async (t) => {
  t.strictSame(['failingForMs', 'in-flight', 'speaks_for', 'p99', 'HTTPErrors'].map(wordsOf), ['failing for ms', 'in flight', 'speaks for', 'p99', 'httperrors'])
})
