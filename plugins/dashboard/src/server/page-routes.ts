import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { AdminSurface, AdminUser } from '@plimsoll/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AssetsMissingError, UnknownAssetError } from '../errors.ts'
import type { Asset, Assets } from './assets.ts'
import { encodingOf } from './assets.ts'
import { pageOf, pagePolicy } from './page.ts'
import type { PageData } from './page.ts'
import { parameterOf } from './query.ts'

/** Core's, for browsers. */
const SIGN_IN_COOKIE = /(?:^|;) *plimsoll-token=[^; ]/
const HTML = 'text/html; charset=utf-8'
/** The name changes with the content. For this browser alone: it is behind auth. */
const IMMUTABLE = { 'cache-control': 'private, max-age=31536000, immutable', vary: 'accept-encoding' }

/** The page and its files. */
export function addPageRoutes (admin: AdminSurface, { assets, check, dataFor }: {
  readonly assets: Assets | undefined
  /** Throws where nothing is to be shown. */
  readonly check: () => void
  readonly dataFor: (user: AdminUser) => PageData
}): void {
  admin.route({
    method: 'GET',
    url: '/dashboard/',
    role: 'viewer',
    page: true,
    headers: { 'content-security-policy': pagePolicy(assets?.style ?? ''), vary: 'accept-encoding' },
    handler (request, reply, user) {
      check()
      if (assets === undefined) throw new AssetsMissingError()
      // Who signed in here is offered to sign out.
      const session = String(SIGN_IN_COOKIE.test(request.headers.cookie ?? ''))
      const body = Buffer.from(pageOf(assets, { ...dataFor(user), session }))
      return sendSmallest(request, reply.type(HTML), { body, br: quickBrotli(body), gzip: gzipSync(body) })
    }
  })
  admin.route({
    method: 'GET',
    url: '/dashboard/assets/:name',
    role: 'viewer',
    headers: IMMUTABLE,
    handler (request, reply) {
      const asset = assets?.files.get(parameterOf(request, 'name'))
      if (asset === undefined) throw new UnknownAssetError()
      return sendSmallest(request, reply.type(asset.type), asset)
    }
  })
}

function sendSmallest ({ headers }: FastifyRequest, reply: FastifyReply, encodings: Omit<Asset, 'type'>): FastifyReply {
  const { encoding, body } = encodingOf(encodings, headers['accept-encoding'])
  if (encoding !== undefined) reply.header('content-encoding', encoding)
  return reply.send(body)
}

/** The page differs by who looks; its files are compressed better, when they are built. */
function quickBrotli (body: Buffer): Buffer {
  return brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })
}
