import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { encodingAccepted } from './accept-encoding.ts'

/** Less is not worth it. */
const LEAST_BYTES = 2048

const gzipped = promisify(gzip)
const brotli = promisify(brotliCompress)

/**
 * Answers with `value` as JSON, compressed where that is accepted: a quarter of an hour of history is over a hundred
 * kilobytes without. Compression is done by a thread of Node's, not on the event loop.
 */
export async function sendJson ({ headers }: FastifyRequest, reply: FastifyReply, value: unknown): Promise<FastifyReply> {
  const body = Buffer.from(JSON.stringify(value))
  const encoding = body.length < LEAST_BYTES ? undefined : encodingAccepted(headers['accept-encoding'])
  reply.type('application/json; charset=utf-8').header('vary', 'accept-encoding')
  if (encoding === undefined) return reply.send(body)
  return reply.header('content-encoding', encoding).send(await compressed(body, encoding))
}

async function compressed (body: Buffer, encoding: 'br' | 'gzip'): Promise<Buffer> {
  return encoding === 'br' ? await brotli(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }) : await gzipped(body)
}
