// Preloaded (`--import`): puts the mutant named by PLIMSOLL_MUTANT into the source as it is loaded.
import { registerHooks } from 'node:module'
import { mutants } from './mutants.ts'

const mutant = mutants.find(({ name }) => name === process.env['PLIMSOLL_MUTANT'])
if (mutant === undefined) throw new Error(`no mutant is named ${process.env['PLIMSOLL_MUTANT']}`)
const { name, file, find, replace } = mutant

registerHooks({
  load (url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (!url.endsWith(`/circuit-breaker/src/${file}`)) return loaded
    const source = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source)
    if (source.split(find).length !== 2) throw new Error(`the place of mutant ${name} is not in ${file} exactly once`)
    return { ...loaded, source: source.replace(find, () => replace) }
  }
})
