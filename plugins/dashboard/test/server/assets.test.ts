import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { encodingOf, readAssets } from '../../src/server/assets.ts'
import { pageOf, pagePolicy } from '../../src/server/page.ts'

function folderWith (t: { teardown (task: () => unknown): void }, files: Readonly<Record<string, string>>): URL {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-assets-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return pathToFileURL(folder + '/')
}

t.test('files are read once, with their encodings; what is no part of the page is not served', async (t) => {
  const manifest = { script: 'a-1.js', style: 'a-1.css', shell: 'shell.html', icon: 'i-1.svg' }
  const assets = readAssets(folderWith(t, { 'manifest.json': JSON.stringify(manifest), 'a-1.js': 'js', 'a-1.js.br': 'b', 'a-1.js.gz': 'g', 'a-1.css': 'css', 'shell.html': '<p>', 'i-1.svg': 'svg', 'notes.md': 'x', 'a-1.js.map': 'x' }))
  t.match(assets, { script: 'a-1.js', icon: 'i-1.svg', style: 'css', shell: '<p>' })
  t.strictSame([...assets?.files.keys() ?? []].sort(), ['a-1.js', 'i-1.svg'])
  t.match(assets?.files.get('a-1.js'), { type: 'text/javascript; charset=utf-8', body: Buffer.from('js'), br: Buffer.from('b'), gzip: Buffer.from('g') })
  t.match(assets?.files.get('i-1.svg'), { type: 'image/svg+xml', br: undefined, gzip: undefined })
})

t.test('a package that was not built has no page', async (t) => {
  t.equal(readAssets(folderWith(t, {})), undefined)
})

t.test('the smallest encoding that is accepted is sent', async (t) => {
  const file = { type: 'x', body: Buffer.from('plain'), br: Buffer.from('br'), gzip: Buffer.from('gz') }
  const sent = (accepted: string, asset: Parameters<typeof encodingOf>[0] = file): string => String(encodingOf(asset, accepted).body)
  t.equal(sent('gzip, deflate, br, zstd'), 'br')
  t.equal(sent('GZIP;q=0.5'), 'gz')
  t.equal(sent('br;q=0, gzip'), 'gz')
  t.equal(sent('br; q=0.000,gzip;q=0'), 'plain')
  t.equal(sent('br;q=0.5'), 'br')
  t.equal(sent(''), 'plain')
  t.equal(sent('identity, brx'), 'plain')
  t.equal(sent('br', { ...file, br: undefined }), 'plain')
  t.equal(encodingOf(file, 'br').encoding, 'br')
  t.equal(encodingOf(file, '').encoding, undefined)
})

const PARTS = { script: 'a.js', icon: 'i.svg', style: 'body{margin:0}', shell: '<main>…</main>' }

t.test('what the page is told cannot break out of its attributes', async (t) => {
  const page = pageOf(PARTS, { user: '"><script>alert(1)</script>', service: "a&b'<c>" })
  t.notMatch(page, /<script>/)
  t.match(page, 'data-user="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"')
  t.match(page, 'data-service="a&amp;b&#39;&lt;c&gt;"')
})

t.test('all addresses of the page are relative, and its one style is named by the policy', async (t) => {
  const page = pageOf(PARTS, {})
  t.strictSame([...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => url), ['assets/i.svg', 'assets/a.js'])
  t.notMatch(page, /<base|style=|javascript:|\son\w+=/)
  t.equal([...page.matchAll(/<script/g)].length, 1)
  const [[, style = ''] = [], ...more] = page.matchAll(/<style>([^]*?)<\/style>/g)
  t.equal(more.length, 0)
  t.match(pagePolicy(PARTS.style), `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}';`)
  t.match(page, '<div id="app"><main>…</main></div>')
})
