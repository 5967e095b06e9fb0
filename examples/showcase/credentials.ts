import { randomBytes } from 'node:crypto'
import { bearerAuth } from '@plimsoll/core'
import type { AdminAuth } from '@plimsoll/core'

/** Tokens for the operators' endpoints. Of this start only: a real service has them from its environment. */
export interface Credentials {
  readonly operator: string
  readonly viewer: string
}

const VARIABLES: Readonly<Record<keyof Credentials, string>> = { operator: 'SHOWCASE_OPERATOR_TOKEN', viewer: 'SHOWCASE_VIEWER_TOKEN' }

export function makeCredentials (): Credentials {
  return { operator: randomToken(), viewer: randomToken() }
}

export function authBy ({ operator, viewer }: Credentials): AdminAuth {
  return bearerAuth({ tokens: [{ token: operator, user: 'operator', role: 'operator' }, { token: viewer, user: 'viewer', role: 'viewer' }] })
}

/** How a process hands them to its children, so that one token opens them all. */
export function environmentOf ({ operator, viewer }: Credentials): Readonly<Record<string, string>> {
  return { [VARIABLES.operator]: operator, [VARIABLES.viewer]: viewer }
}

export function credentialsFrom (environment: NodeJS.ProcessEnv): Credentials | undefined {
  const { [VARIABLES.operator]: operator, [VARIABLES.viewer]: viewer } = environment
  return operator === undefined || viewer === undefined ? undefined : { operator, viewer }
}

/** Signs in by itself: what follows the # is never sent, and the page takes it out of the address bar. */
export function dashboardUrl (port: number | string, token: string): string {
  return `http://127.0.0.1:${port}/plimsoll/dashboard/#token=${token}`
}

function randomToken (): string { return randomBytes(18).toString('base64url') }
