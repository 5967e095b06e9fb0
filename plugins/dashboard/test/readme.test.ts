import t from 'tap'
import { testReadme } from '../../../tools/readme-programs.ts'

testReadme(t, new URL('../README.md', import.meta.url), { atLeast: 1, environment: { OPS_TOKEN: 'sixteen characters' } })
