/** Who looks, at what, and what they may do, as the server wrote it into the page. */
export interface Viewer {
  readonly user: string
  /** Controls may be used: they are enabled, and the user is an operator. */
  readonly controls: boolean
  /** There is a profiler. */
  readonly profiles: boolean
  readonly service: string
  /** The instance that answers. */
  readonly instance: string
  /** Signed in on the sign-in page, so that signing out means something. */
  readonly session: boolean
  /** Of the dashboard. */
  readonly version: string
}

const { user = '', controls = '', profiles = '', session = '', service = '', instance = '', version = '' } = document.body.dataset

export const viewer: Viewer = { user, controls: controls === 'true', profiles: profiles === 'true', session: session === 'true', service, instance, version }
