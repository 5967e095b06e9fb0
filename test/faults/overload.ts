// `npm run faults -- overload [--seed N] [--long]`: the load-shedder's strategies against a simulated process.
import '../../plugins/load-shedder/test/simulation/main.ts'
