import type { Manifest } from './assets.ts'

/** Nothing but files from the folder of the page; no inline script or style, no third party, no markup from strings. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'"
  ].join('; ')
}

/** What the page has to know before it asks for anything: attributes `data-…` of its body. */
export type PageData = Readonly<Record<string, string>>

/** The page. All its addresses are relative: it holds behind any prefix and any proxy. */
export function pageOf ({ script, style, icon }: Manifest, data: PageData): string {
  const attributes = Object.entries(data).map(([name, value]) => ` data-${name}="${escaped(value)}"`).join('')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Dashboard</title>
${icon === undefined ? '' : `<link rel="icon" href="assets/${escaped(icon)}">\n`}<link rel="stylesheet" href="assets/${escaped(style)}">
<script type="module" src="assets/${escaped(script)}"></script>
</head>
<body${attributes}>
<div id="app"></div>
<noscript>The dashboard needs JavaScript. Its figures are also in the terminal: npx @plimsoll/dashboard top</noscript>
</body>
</html>
`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escaped (text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}
