// `npm run faults -- alerts [--seed N] [--long]`: the built-in rules, with their defaults, over traces of the showcase.
import '../../plugins/alerts/test/traces/main.ts'
