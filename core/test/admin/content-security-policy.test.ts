import { createHash } from 'node:crypto'
import t from 'tap'
import { contentSecurityPolicy, sourceHash } from '@plimsoll/core'

t.test('nothing is allowed but what is named', async (t) => {
  const policy = contentSecurityPolicy({ script: "'self'", style: sourceHash('body{}') }).split('; ')
  t.strictSame(policy.slice(0, 3), ["default-src 'none'", "script-src 'self'", `style-src 'sha256-${createHash('sha256').update('body{}').digest('base64')}'`])
  for (const directive of ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"]) t.ok(policy.includes(directive), directive)
  t.notMatch(policy.join(), /unsafe|img-src|https?:|\*/)
  t.match(contentSecurityPolicy({ script: "'self'", style: "'self'", image: "'self'" }), "; img-src 'self'; ")
})
