/** Style that comes with its script. Sheets made by a script are not what a content security policy forbids. */
export function adoptStyle (text: string): void {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(text)
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
}
