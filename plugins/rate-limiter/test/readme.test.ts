import { readFile } from 'node:fs/promises'
import t from 'tap'
import { testReadme } from '../../../tools/readme-programs.ts'
import * as errors from '../src/errors.ts'

const file = new URL('../README.md', import.meta.url)
const readme = await readFile(file, 'utf8')

testReadme(t, file, { atLeast: 2 })

t.test('every code has its line', async t => {
  for (const Coded of Object.values(errors)) t.ok(readme.includes(`\`${Reflect.construct(Coded, ['', '', '']).code}\``), Coded.name)
})
