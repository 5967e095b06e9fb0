import { createHash, timingSafeEqual } from 'node:crypto'
import { InvalidOptionError } from '../errors.ts'
import type { AdminAuth, AdminRole, AdminUser } from './admin-options.ts'

export interface BearerToken {
  /** At least 16 characters; better 32 random ones. */
  readonly token: string
  readonly user: string
  readonly role: AdminRole
}

const MAX_TOKENS = 100
const MAX_HEADER_LENGTH = 4096

/**
 * Auth by `Authorization: Bearer <token>`. Takes the same time whatever is wrong with a token: hashes are compared, and
 * all of them are.
 * @throws PLM_CORE_INVALID_OPTION
 */
export function bearerAuth ({ tokens }: { readonly tokens: readonly BearerToken[] }): AdminAuth {
  if (!Array.isArray(tokens) || tokens.length === 0 || tokens.length > MAX_TOKENS) throw new InvalidOptionError('bearerAuth tokens', 'not a list of them', `give 1 to ${MAX_TOKENS} of { token, user, role }`)
  const known = tokens.map(({ token, user, role }, i) => {
    if (!token) throw new InvalidOptionError(`bearerAuth tokens[${i}].token`, token === '' ? 'empty' : String(token), 'give at least 16 characters: is its environment variable set?')
    if (typeof token !== 'string' || token.length < 16) throw new InvalidOptionError(`bearerAuth tokens[${i}].token`, '(secret)', 'give at least 16 characters')
    if (typeof user !== 'string' || user === '') throw new InvalidOptionError(`bearerAuth tokens[${i}].user`, String(user), 'give a name')
    if (role !== 'viewer' && role !== 'operator') throw new InvalidOptionError(`bearerAuth tokens[${i}].role`, String(role), 'give viewer or operator')
    return { hash: sha256(token), user: Object.freeze({ user, role }) }
  })
  return ({ headers: { authorization = '' } }) => {
    const [, given] = /^Bearer +(\S+)$/i.exec(authorization.slice(0, MAX_HEADER_LENGTH)) ?? []
    if (given === undefined) return undefined
    const hash = sha256(given)
    let found: AdminUser | undefined
    for (const { hash: own, user } of known) {
      if (timingSafeEqual(own, hash)) found = user
    }
    return found
  }
}

function sha256 (text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
