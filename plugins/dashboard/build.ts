/**
 * Bundles the page (app/) into assets/, which is packed into the package: minified, named by content, with .br and .gz
 * beside each file.
 *
 *   node plugins/dashboard/build.ts     builds, and prints the sizes on the wire
 *
 * Two files of script: `app` is the first view, `pages` everything else, which imports what it shares from `app` and
 * brings its own style. A bundler's own splitting would put what is shared into a third file, and the first view has
 * four requests to spend: page, script, icon and history. The server writes the style and the shell into the page, so
 * that something is seen before the script has come.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
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
  define: { SECOND_LEVEL_FILE: '"./pages.js"' },
  absWorkingDir: app
}

/** What the pages of the second level may take from libraries that the first view has anyway. */
const SHARED = `
export { jsx, jsxs } from 'preact/jsx-runtime'
export { Fragment } from 'preact'
export { useEffect, useId, useRef } from 'preact/hooks'
export { useComputed, useSignal, useSignalEffect } from '@preact/signals'
`

export interface PageFile {
  readonly name: string
  readonly body: Buffer
  readonly gzip: Buffer
  readonly brotli: Buffer
  /** Needed for the overview. */
  readonly first: boolean
}

/**
 * Writes assets/. What is there already stays as it is, and the manifest is last: a process that serves the page
 * meanwhile finds all it names.
 */
export async function buildAssets (): Promise<void> {
  const { files, manifest } = await bundlePage()
  mkdirSync(assets, { recursive: true })
  const texts = new Map<string, string | Buffer>(files.flatMap(({ name, body, gzip, brotli }) => [[name, body], [`${name}.gz`, gzip], [`${name}.br`, brotli]]))
  texts.set('manifest.json', `${JSON.stringify(manifest, null, 2)}\n`)
  for (const [name, text] of texts) {
    const file = join(assets, name)
    if (existsSync(file) && readFileSync(file).equals(Buffer.from(text))) continue
    const unfinished = `${file}.${process.pid}.new`
    writeFileSync(unfinished, text)
    renameSync(unfinished, file)
  }
  for (const name of readdirSync(assets)) {
    if (!texts.has(name) && !name.endsWith('.new')) rmSync(join(assets, name), { force: true })
  }
}

/** The page in memory: its files as they are served, and the manifest that names those the page begins with. */
export async function bundlePage (): Promise<{ readonly files: readonly PageFile[], readonly manifest: Readonly<Record<'script' | 'style' | 'shell' | 'icon', string>> }> {
  const { script, pages } = await bundleScripts()
  const style = (await bundle({ entryPoints: ['styles/app.css'] })).trimEnd()
  const shell = readFileSync(join(app, 'shell.html'), 'utf8').replace(/\n/g, '')
  const icon = readFileSync(join(app, 'icon.svg'), 'utf8')
  // The two scripts name each other, so they have one hash.
  const hash = hashOf(script + pages)
  const named = (text: string): string => text.replaceAll('./app.js', `./app-${hash}.js`).replaceAll('./pages.js', `./pages-${hash}.js`)
  const manifest = { script: `app-${hash}.js`, style: `app-${hashOf(style)}.css`, shell: 'shell.html', icon: `icon-${hashOf(icon)}.svg` }
  return {
    manifest,
    files: [
      compressed(manifest.script, named(script), true),
      compressed(manifest.style, style, true),
      compressed(manifest.shell, shell, true),
      compressed(manifest.icon, icon, true),
      compressed(`pages-${hash}.js`, named(pages), false)
    ]
  }
}

async function bundleScripts (): Promise<{ readonly script: string, readonly pages: string }> {
  const inputs = await modulesOfFirstView()
  const shared = inputs.filter((path) => /\.tsx?$/.test(path) && !path.includes('node_modules')).map((path) => `export * from ${JSON.stringify(`./${path}`)}`).join('\n')
  const script = await bundle({ stdin: { contents: `import './main.tsx'\n${shared}\n${SHARED}`, resolveDir: app, loader: 'ts' }, plugins: [styleAsText] })
  const pages = await bundle({ entryPoints: ['second-level.tsx'], plugins: [styleAsText, fromFirstView(inputs)] })
  await checkImports(script, pages)
  return { script, pages }
}

/** Paths relative to app/. */
async function modulesOfFirstView (): Promise<string[]> {
  const { metafile } = await build({ ...SCRIPT, entryPoints: ['main.tsx'], metafile: true, plugins: [styleAsText] })
  return Object.keys(metafile.inputs)
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
        build.onResolve({ filter: /^\.\/app\.js$/ }, ({ path }) => ({ path, namespace: 'built' }))
        build.onLoad({ filter: /./, namespace: 'built' }, () => ({ contents: script, loader: 'js' }))
      }
    }]
  })
}

/** A style sheet as a text in the script that adopts it. */
const styleAsText: Plugin = {
  name: 'style as text',
  setup ({ onLoad }) {
    onLoad({ filter: /styles\/[\w-]+\.css$/ }, async ({ path }) => ({ contents: (await bundle({ entryPoints: [path] })).trimEnd(), loader: 'text' }))
  }
}

/** The one file that comes of it. */
async function bundle (options: BuildOptions): Promise<string> {
  const { outputFiles = [] } = await build({ ...SCRIPT, ...options })
  const [file, ...more] = outputFiles
  if (file === undefined || more.length > 0) throw new Error(`${outputFiles.length} files were built where there should be one`)
  return file.text
}

function hashOf (text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 10)
}

function compressed (name: string, text: string, first: boolean): PageFile {
  const body = Buffer.from(text)
  const gzip = gzipSync(body, { level: 9 })
  const brotli = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: body.length } })
  return { name, body, gzip, brotli, first }
}

if (process.argv[1] === import.meta.filename) {
  await buildAssets()
  const { files } = await bundlePage()
  const line = (name: string, of: ReadonlyArray<Pick<PageFile, 'body' | 'gzip' | 'brotli'>>): string => {
    const [body, gzip, brotli] = (['body', 'gzip', 'brotli'] as const).map((form) => String(of.reduce((sum, file) => sum + file[form].length, 0)).padStart(6))
    return `${name.padEnd(24)} ${body} B, gzip ${gzip} B, brotli ${brotli} B`
  }
  for (const file of files) console.log(line(file.name, [file]))
  console.log(line('first view', files.filter(({ first }) => first)))
}
