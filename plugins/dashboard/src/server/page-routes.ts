import type { AdminSurface, AdminUser } from '@plimsoll/core'
import { AssetsMissingError, UnknownAssetError } from '../errors.ts'
import type { Assets } from './assets.ts'
import { encodingOf } from './assets.ts'
import { PAGE_HEADERS, pageOf } from './page.ts'
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
    headers: PAGE_HEADERS,
    handler ({ headers: { cookie = '' } }, reply, user) {
      check()
      if (assets === undefined) throw new AssetsMissingError()
      // Who signed in here is offered to sign out.
      const session = String(SIGN_IN_COOKIE.test(cookie))
      return reply.type(HTML).send(pageOf(assets.manifest, { ...dataFor(user), session }))
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
      const { encoding, body } = encodingOf(asset, String(request.headers['accept-encoding'] ?? ''))
      if (encoding !== undefined) reply.header('content-encoding', encoding)
      return reply.type(asset.type).send(body)
    }
  })
}
