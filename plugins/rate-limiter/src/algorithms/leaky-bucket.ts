import type { Algorithm } from '../algorithm.ts'
import { tokenBucket } from './token-bucket.ts'

/**
 * A bucket that leaks at `limit` a window and holds `burst`; as a meter (it refuses, and delays nobody), which is a token
 * bucket seen from below: what is in the one is out of the other. What sets it apart is its default: it holds one request,
 * so that requests come evenly, as with `limit_req` of nginx.
 */
export const leakyBucket: Algorithm = { ...tokenBucket, name: 'leaky-bucket' }
