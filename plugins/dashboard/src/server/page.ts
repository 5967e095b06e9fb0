import { contentSecurityPolicy, sourceHash } from '@plimsoll/core'
import type { Assets } from './assets.ts'

/**
 * Nothing but the page's own files and its one style, which is named by its hash; no third party, no markup from
 * strings.
 */
export function pagePolicy (style: string): string {
  return contentSecurityPolicy({ script: "'self'", style: sourceHash(style), image: "'self'" })
}

/** What the page has to know before it asks for anything: attributes `data-…` of its body. */
export type PageData = Readonly<Record<string, string>>

/** The page. All its addresses are relative: it holds behind any prefix and any proxy. */
export function pageOf ({ script, style, shell, icon }: Omit<Assets, 'files'>, data: PageData): string {
  const attributes = Object.entries(data).map(([name, value]) => ` data-${name}="${escaped(value)}"`).join('')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Dashboard</title>
<link rel="icon" href="assets/${escaped(icon)}">
<style>${style}</style>
<script type="module" src="assets/${escaped(script)}"></script>
</head>
<body${attributes}>
<div id="app">${shell}</div>
<noscript>The dashboard needs JavaScript. Its figures are also in the terminal: npx @plimsoll/dashboard top</noscript>
</body>
</html>
`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escaped (text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}
