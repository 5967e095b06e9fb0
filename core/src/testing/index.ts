export { emptyFrame } from './empty-frame.ts'
export { fakeClock } from './fake-clock.ts'
export type { FakeClock } from './fake-clock.ts'
export { seededRandom } from './seeded-random.ts'
