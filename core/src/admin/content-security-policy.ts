import { createHash } from 'node:crypto'

/**
 * The content security policy of a page of the admin surface: its own script and style, requests to where it came from,
 * and nothing else; no markup from strings.
 *
 * @param sources of scripts, styles and images, such as `'self'` or {@link sourceHash}; without `image` there are none
 */
export function contentSecurityPolicy ({ script, style, image }: { readonly script: string, readonly style: string, readonly image?: string }): string {
  return [
    "default-src 'none'",
    `script-src ${script}`,
    `style-src ${style}`,
    ...(image === undefined ? [] : [`img-src ${image}`]),
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'"
  ].join('; ')
}

/** Names an inline script or style in a policy. */
export function sourceHash (text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
