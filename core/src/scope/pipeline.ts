import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { connectionOf } from './settlement.ts'

/** A request whose response waits behind an earlier one of its connection. */
export interface Waiting {
  connectionClosed (): void
}

const WAITING: unique symbol = Symbol('plimsoll.pipelined')

interface PipelinedSocket extends Socket { [WAITING]?: Set<Waiting> }

/**
 * Tells pipelined requests when their connection closes: on Node 22 a response whose turn never came gets no 'close'.
 * One list and one listener a socket; the list is as long as the pipeline.
 */
export function awaitClose (socket: Socket, request: Waiting): void {
  const pipelined: PipelinedSocket = socket
  let waiting = pipelined[WAITING]
  if (waiting === undefined) {
    waiting = pipelined[WAITING] = new Set()
    socket.once('close', tellWaiting)
  }
  waiting.add(request)
}

export function forget (res: ServerResponse, request: Waiting): void {
  const socket: PipelinedSocket | null = connectionOf(res)
  socket?.[WAITING]?.delete(request)
}

function tellWaiting (this: PipelinedSocket): void {
  for (const request of this[WAITING] ?? []) request.connectionClosed()
}
