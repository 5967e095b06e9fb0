import createError from '@fastify/error'
import type { FastifyErrorConstructor } from '@fastify/error'

/** A component, metric source or admin route that can't be registered as given. */
export const RegistrationError: FastifyErrorConstructor<{ code: 'PLM_CORE_REGISTRATION_INVALID' }, [string]> =
  createError('PLM_CORE_REGISTRATION_INVALID', '%s', 500)

export const UnknownComponentError: FastifyErrorConstructor<{ code: 'PLM_CORE_UNKNOWN_COMPONENT' }, [string]> =
  createError('PLM_CORE_UNKNOWN_COMPONENT', '%s', 404)

export const ControlArgumentError: FastifyErrorConstructor<{ code: 'PLM_CORE_CONTROL_ARGUMENT' }, [string]> =
  createError('PLM_CORE_CONTROL_ARGUMENT', '%s', 400)

export const ControlFailedError: FastifyErrorConstructor<{ code: 'PLM_CORE_CONTROL_FAILED' }, [string]> =
  createError('PLM_CORE_CONTROL_FAILED', '%s', 500)

export const ControlBusyError: FastifyErrorConstructor<{ code: 'PLM_CORE_CONTROL_BUSY' }, [string]> =
  createError('PLM_CORE_CONTROL_BUSY', '%s', 409)

export const ControlTimeoutError: FastifyErrorConstructor<{ code: 'PLM_CORE_CONTROL_TIMEOUT' }, [string]> =
  createError('PLM_CORE_CONTROL_TIMEOUT', '%s', 504)

export const TunableBoundsError: FastifyErrorConstructor<{ code: 'PLM_CORE_TUNABLE_BOUNDS' }, [string]> =
  createError('PLM_CORE_TUNABLE_BOUNDS', '%s', 400)

export const AdminAuthRequiredError: FastifyErrorConstructor<{ code: 'PLM_CORE_ADMIN_AUTH_REQUIRED' }, []> =
  createError('PLM_CORE_ADMIN_AUTH_REQUIRED', 'the admin surface has no auth: pass admin.auth, such as bearerAuth({ tokens: [{ token, user, role }] }); only NODE_ENV development or test come up without', 500)

export const AdminListenError: FastifyErrorConstructor<{ code: 'PLM_CORE_ADMIN_LISTEN' }, [string]> =
  createError('PLM_CORE_ADMIN_LISTEN', '%s', 500)

export const AdminRefusedError: FastifyErrorConstructor<{ code: 'PLM_CORE_ADMIN_REFUSED' }, [string]> =
  createError('PLM_CORE_ADMIN_REFUSED', '%s', 403)

export const AdminUnauthenticatedError: FastifyErrorConstructor<{ code: 'PLM_CORE_ADMIN_UNAUTHENTICATED' }, []> =
  createError('PLM_CORE_ADMIN_UNAUTHENTICATED', 'this endpoint is for authenticated operators', 401)

export const AdminArgumentError: FastifyErrorConstructor<{ code: 'PLM_CORE_ADMIN_ARGUMENT' }, [string]> =
  createError('PLM_CORE_ADMIN_ARGUMENT', '%s', 400)

export const AdminBusyError: FastifyErrorConstructor<{ code: 'PLM_CORE_ADMIN_BUSY' }, []> =
  createError('PLM_CORE_ADMIN_BUSY', 'too many requests wait for auth to answer', 503)
