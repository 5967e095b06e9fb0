/** What of Fastify's router options changes how paths compare. */
export interface PathComparison {
  readonly caseSensitive?: boolean | undefined
  readonly ignoreTrailingSlash?: boolean | undefined
  readonly ignoreDuplicateSlashes?: boolean | undefined
}

/** The path of a request's URL as the router sees it: without query, decoded. */
export function requestPath (url: string, { ignoreDuplicateSlashes, ignoreTrailingSlash }: PathComparison): string {
  const query = url.search(/[?#]/)
  let path = query === -1 ? url : url.slice(0, query)
  if (path.includes('%')) {
    try {
      path = decodeURI(path)
    } catch {
      // Malformed: Fastify answers 400, whatever its class.
    }
  }
  if (ignoreDuplicateSlashes === true) path = path.replace(/\/{2,}/g, '/')
  if (ignoreTrailingSlash === true && path.length > 1 && path.endsWith('/')) path = path.slice(0, -1)
  return path
}

/**
 * A pattern of segments: `:name` stands for one, a `*` at the end for the rest, of any length. Matched segment by
 * segment, so no pattern can make it slow.
 */
export class PathPattern {
  readonly #segments: readonly string[]
  readonly #prefix: string | undefined
  readonly #caseSensitive: boolean
  /** No parameter and no wildcard. */
  readonly exact: boolean
  /** Length without parameters and wildcard. */
  readonly literalLength: number

  constructor (pattern: string, { caseSensitive = true, ignoreTrailingSlash }: PathComparison) {
    this.#caseSensitive = caseSensitive
    const cased = caseSensitive ? pattern : pattern.toLowerCase()
    const path = ignoreTrailingSlash === true && cased.length > 1 && cased.endsWith('/') ? cased.slice(0, -1) : cased
    const open = path.endsWith('*')
    const segments = path.split('/')
    // What stands before the * in its own segment.
    this.#prefix = open ? segments.pop()?.slice(0, -1) : undefined
    this.#segments = segments
    this.exact = !open && !segments.some(isParameter)
    this.literalLength = segments.filter(segment => !isParameter(segment)).join('/').length + (this.#prefix?.length ?? 0)
  }

  matches (path: string): boolean {
    const given = (this.#caseSensitive ? path : path.toLowerCase()).split('/')
    if (this.#prefix === undefined ? given.length !== this.#segments.length : given.length <= this.#segments.length) return false
    const last = this.#prefix
    return this.#segments.every((segment, index) => isParameter(segment) ? given[index] !== '' : given[index] === segment) &&
      (last === undefined || given.slice(this.#segments.length).join('/').startsWith(last))
  }
}

function isParameter (segment: string): boolean { return segment.startsWith(':') }
