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
  /** Of the dashboard. */
  readonly version: string
}

const { user = '', controls = '', profiles = '', service = '', instance = '', version = '' } = document.body.dataset

export const viewer: Viewer = { user, controls: controls === 'true', profiles: profiles === 'true', service, instance, version }
