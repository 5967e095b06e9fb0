/** The style sheet of the second level, which stands beside its script; written into the name at build. */
export async function loadStylesheet (): Promise<void> {
  const link = document.createElement('link')
  link.rel = 'stylesheet'
  link.href = new URL('./pages.css', import.meta.url).href
  const { promise, resolve } = Promise.withResolvers<void>()
  // Without its style a page is plain, but there.
  link.addEventListener('load', () => { resolve() })
  link.addEventListener('error', () => { resolve() })
  document.head.append(link)
  await promise
}
