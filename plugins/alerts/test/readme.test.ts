import t from 'tap'
import { testReadme } from '../../../tools/readme-programs.ts'

testReadme(t, new URL('../README.md', import.meta.url), { atLeast: 2, environment: { OPS_TOKEN: 'a-token-of-16-characters' } })
