import { readFile } from 'node:fs/promises'
import t from 'tap'
import { testReadme } from '../../../tools/readme-programs.ts'
import * as errors from '../src/errors.ts'

const readme = new URL('../README.md', import.meta.url)

testReadme(t, readme, { atLeast: 2, environment: { OPS_TOKEN: 'a-token-of-16-characters' } })

t.test('every error code has its line', async (t) => {
  const text = await readFile(readme, 'utf8')
  for (const Coded of Object.values(errors)) t.match(text, `\`${Reflect.construct(Coded, ['', '', '']).code}\``)
})
