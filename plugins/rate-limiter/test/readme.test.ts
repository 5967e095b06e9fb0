import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import * as errors from '../src/errors.ts'

// The README's blocks that are marked `ts complete` are whole programs: here they are compiled and run.

const run = promisify(execFile)
const repository = fileURLToPath(new URL('../../../', import.meta.url))
const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
const programs = Array.from(readme.matchAll(/^```ts complete\n([^]*?)^```$/gm), ([, code]) => `${String(code)}\nawait app.ready()\nawait app.close()\n`)

t.test('the programs of the README compile, come up and end', async t => {
  t.equal(programs.length, 2)
  const folder = t.testdir({
    'package.json': '{ "type": "module" }',
    'tsconfig.json': JSON.stringify({
      extends: join(repository, 'tsconfig.base.json'),
      compilerOptions: { noEmit: true, allowImportingTsExtensions: true, customConditions: ['plimsoll:source'], isolatedDeclarations: false },
      include: ['*.ts']
    }),
    ...Object.fromEntries(programs.map((code, i) => [`${i}.ts`, code]))
  })
  const compiled = run(process.execPath, [join(repository, 'node_modules/typescript/bin/tsc6'), '-p', folder]).then(() => 'without errors', (error: { readonly stdout: string }) => error.stdout)
  t.equal(await compiled, 'without errors')
  for (const i of programs.keys()) await t.resolves(run(process.execPath, ['--conditions=plimsoll:source', join(folder, `${i}.ts`)], { timeout: 20_000 }))
})

t.test('every code has its line', async t => {
  for (const Coded of Object.values(errors)) t.ok(readme.includes(`\`${Reflect.construct(Coded, ['', '', '']).code}\``), Coded.name)
})
