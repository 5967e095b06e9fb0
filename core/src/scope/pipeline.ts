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

/** Whether another request of the connection waits behind this one: its answer would be lost with a `Connection: close`. */
export function hasFollower (res: ServerResponse, request: Waiting): boolean {
  const socket: PipelinedSocket | null = connectionOf(res)
  const waiting = [...socket?.[WAITING] ?? []]
  return waiting.length > 0 && waiting[waiting.length - 1] !== request
}

function tellWaiting (this: PipelinedSocket): void {
  this[WAITING]?.forEach((request) => request.connectionClosed())
}
