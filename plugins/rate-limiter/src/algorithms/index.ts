import type { Algorithm } from '../algorithm.ts'
import { fixedWindow } from './fixed-window.ts'
import { gcra } from './gcra.ts'
import { leakyBucket } from './leaky-bucket.ts'
import { slidingWindow } from './sliding-window.ts'
import { tokenBucket } from './token-bucket.ts'

export type AlgorithmName = 'gcra' | 'sliding-window' | 'fixed-window' | 'token-bucket' | 'leaky-bucket'

export const ALGORITHMS: Readonly<Record<AlgorithmName, Algorithm>> = {
  gcra,
  'sliding-window': slidingWindow,
  'fixed-window': fixedWindow,
  'token-bucket': tokenBucket,
  'leaky-bucket': leakyBucket
}

/** Of those whose promise has a burst; the others let `limit` through at once. */
export function hasBurst (name: AlgorithmName): boolean { return name !== 'fixed-window' && name !== 'sliding-window' }
