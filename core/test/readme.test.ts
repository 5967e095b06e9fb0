import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

// The README's blocks that are marked `ts complete` are whole programs: here they are compiled and run.

const run = promisify(execFile)
const repository = fileURLToPath(new URL('../../', import.meta.url))
const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
const programs = Array.from(readme.matchAll(/^```ts complete\n([^]*?)^```$/gm), ([, code]) => String(code))
const environment = { ...process.env, OPS_TOKEN: 'a-token-of-16-characters', SCRAPE_TOKEN: 'another-one-of-16-characters' }

const compilerOptions = { noEmit: true, allowImportingTsExtensions: true, customConditions: ['plimsoll:source'], isolatedDeclarations: false, noPropertyAccessFromIndexSignature: false }

/** Programs by file name, such as `3.ts`, beside the repository's own dependencies. */
function files (t: { testdir (content: Record<string, string>): string }): string {
  return t.testdir({
    'package.json': '{ "type": "module" }',
    'tsconfig.json': JSON.stringify({ extends: join(repository, 'tsconfig.base.json'), compilerOptions, include: ['*.ts'] }),
    ...Object.fromEntries(programs.map((code, i) => [`${i}.ts`, ended(code)]))
  })
}

/** The program on free ports, ended once it is up. */
function ended (code: string): string {
  return `${code.replaceAll(/\bport: \d+/g, 'port: 0')}\nawait app.ready()\nawait app.close()\n`
}

t.ok(programs.length >= 10, 'there are such programs')

t.test('they compile as strictly as this repository', async (t) => {
  const compiled = run(process.execPath, [join(repository, 'node_modules/typescript/bin/tsc6'), '-p', files(t)])
  t.equal(await compiled.then(() => 'without errors', (error: { readonly stdout: string }) => `errors: ${error.stdout}`), 'without errors')
})

t.test('they come up and end', async (t) => {
  const folder = files(t)
  for (const [i, code] of programs.entries()) {
    const title = code.split('\n').find((line) => line !== '' && !line.startsWith('import'))
    await t.resolves(run(process.execPath, ['--conditions=plimsoll:source', join(folder, `${i}.ts`)], { env: environment, timeout: 20_000 }), `${i}: ${title}`)
  }
})
