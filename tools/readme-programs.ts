import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Test } from 'tap'

const run = promisify(execFile)
const repository = fileURLToPath(new URL('..', import.meta.url))
const compilerOptions = { noEmit: true, allowImportingTsExtensions: true, customConditions: ['plimsoll:source'], isolatedDeclarations: false, noPropertyAccessFromIndexSignature: false }

/** Compiles and runs the blocks of a README that are marked `ts complete`: they are whole programs. */
export function testReadme (t: Test, readme: URL, { atLeast, environment = {} }: { readonly atLeast: number, readonly environment?: Readonly<Record<string, string>> }): void {
  t.test('the programs of the README', async (t) => {
    const programs = Array.from((await readFile(readme, 'utf8')).matchAll(/^```ts complete\n([^]*?)^```$/gm), ([, code]) => String(code))
    t.ok(programs.length >= atLeast, `there are ${programs.length}`)
    // By file name, such as `3.ts`, beside the repository's own dependencies.
    const folder = t.testdir({
      'package.json': '{ "type": "module" }',
      'tsconfig.json': JSON.stringify({ extends: join(repository, 'tsconfig.base.json'), compilerOptions, include: ['*.ts'] }),
      ...Object.fromEntries(programs.map((code, i) => [`${i}.ts`, ended(code)]))
    })

    await t.test('compile as strictly as this repository', async (t) => {
      // Not bin/tsc: under tap's hooks a file without an extension is CommonJS.
      const compiled = run(process.execPath, [join(repository, 'node_modules/@typescript/native/lib/tsc.js'), '-p', folder])
      t.equal(await compiled.then(() => 'without errors', (error: { readonly stdout: string }) => `errors: ${error.stdout}`), 'without errors')
    })

    await t.test('come up and end', async (t) => {
      for (const [i, code] of programs.entries()) {
        const title = code.split('\n').find((line) => line !== '' && !line.startsWith('import'))
        await t.resolves(run(process.execPath, ['--conditions=plimsoll:source', join(folder, `${i}.ts`)], { env: { ...process.env, ...environment }, timeout: 110_000 }), `${i}: ${title}`)
      }
    })
  })
}

/** The program on free ports; its application, where it has one, is ended once it is up. */
function ended (code: string): string {
  const end = /^const app\b/m.test(code) ? '\nawait app.ready()\nawait app.close()\n' : ''
  return `${code.replaceAll(/\bport: \d+/g, 'port: 0')}${end}`
}
