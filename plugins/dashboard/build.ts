/**
 * Bundles the page (app/) into assets/, which is packed into the package: minified, named by content, with .br and .gz
 * beside each file.
 *
 *   node plugins/dashboard/build.ts     builds, and prints the sizes on the wire
 *
 * Two files of script: `app` is the first view, `pages` everything else, which imports what it shares from `app`. A
 * bundler's own splitting would put that into a third file, and the first view has four requests to spend.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import type { BuildOptions, Plugin } from 'esbuild'

const app = join(import.meta.dirname, 'app')
const assets = join(import.meta.dirname, 'assets')

const SCRIPT: BuildOptions = {
  bundle: true,
  write: false,
  minify: true,
  format: 'esm',
  target: ['chrome123', 'firefox128', 'safari17.5'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  absWorkingDir: app
}

/** What the pages of the second level may take from libraries that the first view has anyway. */
const SHARED = `
export { jsx, jsxs } from 'preact/jsx-runtime'
export { Fragment } from 'preact'
export { useEffect, useId, useRef } from 'preact/hooks'
export { useComputed, useSignal, useSignalEffect } from '@preact/signals'
`

export interface Asset {
  readonly name: string
  readonly bytes: number
  readonly gzip: number
  readonly brotli: number
}

export async function buildAssets (): Promise<void> {
  await writeAssets()
}

async function writeAssets (): Promise<readonly Asset[]> {
  const { script, pages } = await bundleScripts()
  const style = await bundleStyle('app.css')
  const pagesStyle = await bundleStyle('pages.css')
  const icon = readFileSync(join(app, 'icon.svg'), 'utf8')
  // The two scripts name each other, so they have one hash.
  const hash = hashOf(script + pages + pagesStyle)
  const named = (text: string): string => text.replaceAll('./app.js', `./app-${hash}.js`).replaceAll('./pages.js', `./pages-${hash}.js`).replaceAll('./pages.css', `./pages-${hash}.css`)
  rmSync(assets, { recursive: true, force: true })
  mkdirSync(assets)
  const manifest = { script: `app-${hash}.js`, style: `app-${hashOf(style)}.css`, icon: `icon-${hashOf(icon)}.svg` }
  writeFileSync(join(assets, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  return [
    writeAsset(manifest.script, named(script)),
    writeAsset(manifest.style, style),
    writeAsset(`pages-${hash}.js`, named(pages)),
    writeAsset(`pages-${hash}.css`, pagesStyle),
    writeAsset(manifest.icon, icon)
  ]
}

async function bundleScripts (): Promise<{ readonly script: string, readonly pages: string }> {
  const inputs = await modulesOfFirstView()
  const shared = inputs.filter((path) => !path.includes('node_modules')).map((path) => `export * from ${JSON.stringify(`./${path}`)}`).join('\n')
  const script = textOf(await build({ ...SCRIPT, stdin: { contents: `import './main.tsx'\n${shared}\n${SHARED}`, resolveDir: app, loader: 'ts' }, plugins: [pagesAside] }))
  const pages = textOf(await build({ ...SCRIPT, entryPoints: ['second-level.tsx'], plugins: [fromFirstView(inputs)] }))
  await checkImports(script, pages)
  return { script, pages }
}

/** Paths relative to app/. */
async function modulesOfFirstView (): Promise<string[]> {
  const { metafile } = await build({ ...SCRIPT, entryPoints: ['main.tsx'], metafile: true, plugins: [pagesAside] })
  return Object.keys(metafile.inputs)
}

const pagesAside: Plugin = {
  name: 'pages in a file of their own',
  setup (build) {
    build.onResolve({ filter: /\/second-level\.tsx$/ }, () => ({ path: './pages.js', external: true }))
  }
}

/** Modules that the first view has are imported from it. */
function fromFirstView (inputs: readonly string[]): Plugin {
  return {
    name: 'what the first view has',
    setup (build) {
      build.onResolve({ filter: /./ }, async ({ path, pluginData, ...rest }) => {
        if (pluginData === 'seen' || rest.kind === 'entry-point') return undefined
        const resolved = await build.resolve(path, { ...rest, pluginData: 'seen' })
        return inputs.includes(relative(app, resolved.path)) ? { path: './app.js', external: true, sideEffects: false } : resolved
      })
    }
  }
}

/** A name that the first view does not export would only be missed in the browser. */
async function checkImports (script: string, pages: string): Promise<void> {
  await build({
    ...SCRIPT,
    stdin: { contents: pages, resolveDir: app },
    logLevel: 'silent',
    plugins: [{
      name: 'first view as built',
      setup (build) {
        build.onResolve({ filter: /^\.\/(app|pages)\.js$/ }, ({ path }) => path === './app.js' ? { path, namespace: 'built' } : { path, external: true })
        build.onLoad({ filter: /./, namespace: 'built' }, () => ({ contents: script, loader: 'js' }))
      }
    }]
  })
}

async function bundleStyle (file: string): Promise<string> {
  return textOf(await build({ ...SCRIPT, entryPoints: [join('styles', file)] }))
}

function textOf ({ outputFiles = [] }: { readonly outputFiles?: ReadonlyArray<{ readonly text: string }> | undefined }): string {
  const [file, ...more] = outputFiles
  if (file === undefined || more.length > 0) throw new Error(`${outputFiles.length} files were built where there should be one`)
  return file.text
}

function hashOf (text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 10)
}

function writeAsset (name: string, text: string): Asset {
  const file = join(assets, name)
  const bytes = Buffer.from(text)
  const gzip = gzipSync(bytes, { level: 9 })
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } })
  writeFileSync(file, bytes)
  writeFileSync(`${file}.gz`, gzip)
  writeFileSync(`${file}.br`, brotli)
  return { name, bytes: bytes.length, gzip: gzip.length, brotli: brotli.length }
}

if (process.argv[1] === import.meta.filename) {
  const built = await writeAssets()
  for (const { name, bytes, gzip, brotli } of built) console.log(`${name.padEnd(24)} ${String(bytes).padStart(7)} B, gzip ${String(gzip).padStart(6)} B, brotli ${String(brotli).padStart(6)} B`)
  const first = built.filter(({ name }) => name.startsWith('app-'))
  const sum = (of: 'gzip' | 'brotli'): number => first.reduce((total, asset) => total + asset[of], 0)
  console.log(`first view, script and style: gzip ${sum('gzip')} B, brotli ${sum('brotli')} B`)
}
