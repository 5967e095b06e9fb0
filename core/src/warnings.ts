const WARNINGS = {
  PLM_CORE_IMPORTED_LATE: '@plimsoll/core was imported after the application was made, and did not see its routes. The classes of routes (config.priority) are learned from the requests that come: at the gate, the first request of each route counts as normal. Import @plimsoll/core, or a plugin that does, before fastify() is called.',
  PLM_CORE_REWRITE_URL: 'This application rewrites URLs (rewriteUrl), which the gate in front of it does not see: it looks up the class of the URL as it came. Give core the option `priority`, a function (req) => priority.'
} as const

/** A warning by its code, through `process.emitWarning`. Said once an application by whoever calls it. */
export function warn (code: keyof typeof WARNINGS): void {
  process.emitWarning(WARNINGS[code], { type: 'PlimsollWarning', code })
}
