/**
 * Log-linear buckets of whole microseconds: 32 to a power of two, so that a bucket's middle is at most 1.6 % (or half a
 * microsecond) from any value in it. The layout of HdrHistogram (Gil Tene), indexed by the leading bits.
 */

const SUB_BUCKET_BITS = 5
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS

/** Largest value, about 71 minutes; what is longer counts as this. */
export const MAX_MICROSECONDS: number = 2 ** 32 - 1

/** The bucket of a whole number of microseconds from 0 to {@link MAX_MICROSECONDS}. */
export function bucketOf (us: number): number {
  const shift = 31 - SUB_BUCKET_BITS - Math.clz32(us | SUB_BUCKETS)
  return (shift << SUB_BUCKET_BITS) + (us >>> shift)
}

/** Buckets in all. */
export const BUCKET_COUNT: number = bucketOf(MAX_MICROSECONDS) + 1

/** Smallest value of a bucket, in microseconds. */
export function lowerBoundOf (bucket: number): number {
  const shift = shiftOf(bucket)
  return (bucket - shift * SUB_BUCKETS) * 2 ** shift
}

/** Largest value of a bucket, in microseconds. */
export function upperBoundOf (bucket: number): number {
  return lowerBoundOf(bucket) + 2 ** shiftOf(bucket) - 1
}

// The first two powers of two share a width of one.
function shiftOf (bucket: number): number {
  return Math.max(0, (bucket >> SUB_BUCKET_BITS) - 1)
}
