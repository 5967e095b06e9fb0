import { gunzipSync, brotliDecompressSync } from 'node:zlib'
import t from 'tap'
import { bundlePage } from '../../build.ts'

/** What the first view may weigh with its HTML, of which there is less than a kilobyte. */
const MOST_BYTES = 34_000

t.test('the page as it is packed', async (t) => {
  const { files, manifest } = await bundlePage()
  const first = files.filter(({ name }) => Object.values(manifest).includes(name))

  await t.test('the first view is light: script, style, shell and icon', async (t) => {
    t.strictSame(first.map(({ name }) => name.replace(/-.{10}\./, '.')), ['app.js', 'app.css', 'shell.html', 'icon.svg'])
    const weight = first.reduce((sum, { gzip }) => sum + gzip.length, 0)
    t.ok(weight <= MOST_BYTES, `${weight} B`)
  })

  await t.test('both compressed forms are the file', async (t) => {
    for (const { name, body, gzip, brotli } of files) {
      t.ok(gunzipSync(gzip).equals(body), name)
      t.ok(brotliDecompressSync(brotli).equals(body), name)
      t.ok(body.length > 0)
    }
  })

  await t.test('the same sources give the same names, and every name inside is one of them', async (t) => {
    const names = files.map(({ name }) => name)
    t.strictSame((await bundlePage()).files.map(({ name }) => name), names)
    for (const { name, body } of files) {
      for (const [, mentioned = ''] of body.toString().matchAll(/["'`]\.\/((?:app|pages)[\w-]*\.(?:js|css))/g)) t.ok(names.includes(mentioned), `${name} names ${mentioned}`)
    }
  })

  await t.test('nothing is fetched from elsewhere, and nothing makes markup or code of text', async (t) => {
    for (const { name, body } of files.filter(({ name }) => /\.(js|css)$/.test(name))) {
      const text = body.toString()
      const addresses = [...text.matchAll(/https?:\/\/[^\s"'`)]+/g)].map(([address]) => address).filter((address) => !address.startsWith('http://www.w3.org/'))
      t.strictSame(addresses, [], name)
      t.notMatch(text, /\beval\(|new Function\(|document\.write|insertAdjacentHTML|\.outerHTML=/, name)
    }
  })
})
