/** `run-check.ts <steps> <seed>`: prints the first difference between breaker and model, or that there is none. */
import { check } from './check.ts'

const [steps = '1000', seed = '1'] = process.argv.slice(2)
const { divergence, steps: made } = await check(Number(steps), Number(seed))
console.log(divergence === undefined ? `none in ${made} steps` : `diverged at ${divergence}`)
