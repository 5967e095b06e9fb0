/** Where in the page somebody is: kept in the address after `#`, so that it can be sent to a colleague. */

export const PAGES = ['overview', 'routes', 'upstreams', 'components', 'alerts', 'journal', 'instances', 'configuration', 'profiles'] as const
export type PageName = typeof PAGES[number]

export interface Place {
  readonly page: PageName
  /** Such as `instance` and `range`. */
  readonly params: { readonly [name: string]: string }
}

/** Anything unknown is the overview. */
export function readPlace (hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?', 2)
  const page = PAGES.find((name) => name === path) ?? 'overview'
  return { page, params: Object.fromEntries(new URLSearchParams(query)) }
}

export function writePlace ({ page, params }: Place): string {
  const query = writeQuery(params)
  return `#/${page === 'overview' ? '' : page}${query === '' ? '' : `?${query}`}`
}

/** What stays when the page changes: whom one looks at, and how far back. */
export function keptParams ({ instance = '', range = '' }: Place['params']): Place['params'] {
  return { instance, range }
}

/** Without what is ''. Names come from other instances, and half a surrogate pair is no reason to fail. */
export function writeQuery (params: { readonly [name: string]: string | number }): string {
  let query = ''
  for (const [name, value] of Object.entries(params)) {
    if (value !== '') query += `${query === '' ? '' : '&'}${name}=${encodeText(String(value))}`
  }
  return query
}

/** Of an address. */
export function encodeText (text: string): string { return encodeURIComponent(text.toWellFormed()) }
