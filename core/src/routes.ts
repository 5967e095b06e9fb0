/** One route as Fastify registered it: prefix included, one record for all methods of one `route()` call. */
export interface RouteRecord {
  /** Dense number from 0, for typed arrays: bounded by the number of routes. */
  readonly id: number
  readonly methods: readonly string[]
  /** Path pattern with prefix, such as `/shop/items/:id`. */
  readonly url: string
  /** The route's `config` as the user wrote it. */
  readonly config: Readonly<Record<string, unknown>>
  readonly constraints: Readonly<Record<string, unknown>>
}
