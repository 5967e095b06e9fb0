import { BlockList, isIP } from 'node:net'
import type { OptionCheck } from './option-spec.ts'

interface AddressRange {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

/** Answers that are kept: a look-up in a BlockList costs a microsecond or two. */
const CACHE_SIZE = 1_000

/** IP addresses and ranges of them, IPv4 and IPv6. */
export class AddressSet {
  readonly #list = new BlockList()
  readonly #known = new Map<string, boolean>()
  /** Bits of the longest prefix, 128 for a single address: how specific the set is. */
  readonly specificity: number

  /** `ranges` were read by {@link addressRange}. */
  constructor (ranges: readonly string[]) {
    const parsed = ranges.map(parseRange).filter(range => range !== undefined)
    for (const { address, prefix, family } of parsed) this.#list.addSubnet(address, prefix, family)
    this.specificity = Math.max(0, ...parsed.map(({ prefix, family }) => family === 'ipv4' ? prefix + 96 : prefix))
  }

  /** Addresses whose answer is kept. */
  get remembered (): number { return this.#known.size }

  has (address: string | undefined): boolean {
    if (address === undefined) return false
    const known = this.#known.get(address)
    if (known !== undefined) return known
    const version = isIP(address)
    const found = version !== 0 && this.#list.check(address, version === 4 ? 'ipv4' : 'ipv6')
    if (this.#known.size >= CACHE_SIZE) this.#known.clear()
    this.#known.set(address, found)
    return found
  }
}

/** An IP address, or a range such as `10.0.0.0/8`. */
export const addressRange: OptionCheck<string> = {
  read (given, path, refuse) {
    if (typeof given === 'string' && parseRange(given) !== undefined) return given
    return refuse(path, given, 'give an IP address or a range such as 10.0.0.0/8')
  }
}

function parseRange (range: string): AddressRange | undefined {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(range) ?? []
  const version = isIP(address)
  const width = version === 4 ? 32 : 128
  const prefix = bits === undefined ? width : Number(bits)
  if (version === 0 || prefix > width) return undefined
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' }
}
