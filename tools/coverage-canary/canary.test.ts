import t from 'tap'
import { called } from './canary.ts'

t.equal(called(), 'called')
