/** The dimensions of the settlement matrix. */
export const TRANSPORTS = ['HTTP/1.1', 'pipelined', 'h2c', 'inject'] as const
export const MOMENTS = ['queued', 'body', 'handler', 'mid-stream', 'after-end'] as const
export const HANDLERS = ['sends', 'throws', 'hijacks', 'streams', 'never'] as const

export type Transport = typeof TRANSPORTS[number]
/** When the client aborts. */
export type Moment = typeof MOMENTS[number]
/** What the handler does. */
export type HandlerKind = typeof HANDLERS[number]

export interface Cell {
  readonly transport: Transport
  readonly moment: Moment
  readonly handler: HandlerKind
}

/** Why a cell can't be, or `undefined`. */
export function infeasible ({ transport, moment, handler }: Cell): string | undefined {
  if (moment === 'after-end' && handler === 'never') return 'a handler that never answers has no end to come after'
  if (transport === 'inject' && moment === 'mid-stream' && handler === 'sends') return 'light-my-request takes a sent body in one piece: it has no middle'
  return undefined
}

export const CELLS: readonly Cell[] = TRANSPORTS.flatMap((transport) =>
  MOMENTS.flatMap((moment) => HANDLERS.map((handler) => ({ transport, moment, handler }))))

export function nameOf ({ transport, moment, handler }: Cell): string {
  return `${transport} × ${moment} × ${handler}`
}
