import type { Locator, Page } from 'playwright-core'

/** A page that has more is lost on whoever has no mouse. */
const MOST_STOPS = 500
/** The page lives: what came while it was walked is met the next time round. */
const ROUNDS = 3

/** What can be used is there, and what the page says of the one that has the focus. */
const WALK = `(() => {
  const NAMES = 'a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary, [tabindex="0"]'
  const name = (element) => [element.localName, element.getAttribute('aria-label') ?? element.getAttribute('href') ?? element.title ?? '', element.labels?.[0]?.textContent ?? '', element.textContent].join(' ').replace(/\\s+/g, ' ').trim().slice(0, 100)
  const seen = new WeakSet()
  let first
  // Both lines above and below are cut away by something that hides what leaves it.
  const isCut = (element, around) => {
    const { top, bottom } = element.getBoundingClientRect()
    for (let box = element.parentElement; box !== null && box !== document.body; box = box.parentElement) {
      if (getComputedStyle(box).overflowY === 'visible') continue
      const outer = box.getBoundingClientRect()
      if (top - around < outer.top - 0.5 && bottom + around > outer.bottom + 0.5) return true
    }
    return false
  }
  window.keyboardWalk = {
    begin () { first = undefined },
    stop () {
      const element = document.activeElement
      if (element === null || element === document.body) return { kind: 'nothing' }
      if (element === first) return { kind: 'round' }
      first ??= element
      seen.add(element)
      const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(element)
      const { left, right, top, bottom } = element.getBoundingClientRect()
      const faults = []
      if (!element.matches(':focus-visible') || outlineStyle === 'none' || parseFloat(outlineWidth) < 1) faults.push('shows no focus')
      if (right <= 0 || bottom <= 0 || left >= innerWidth || top >= innerHeight || right - left < 1) faults.push('is not on the screen')
      if (isCut(element, parseFloat(outlineWidth) + parseFloat(outlineOffset))) faults.push('has a focus that is cut off')
      return { kind: 'stop', faults: faults.map((fault) => name(element) + ' ' + fault) }
    },
    missed: () => [...document.querySelectorAll(NAMES)].filter((element) => !seen.has(element) && element.tabIndex >= 0 && element.checkVisibility({ visibilityProperty: true }) && element.getBoundingClientRect().width > 0).map(name)
  }
})()`

interface Stop {
  readonly kind: 'stop' | 'nothing' | 'round'
  readonly faults?: readonly string[]
}

interface KeyboardWalk {
  readonly stops: number
  /** What can be used and was not come to, has no focus that is seen, or does not let go of it. */
  readonly faults: readonly string[]
}

/** Goes through a page with Tab until it is where it began. */
export async function walkByKeyboard (page: Page): Promise<KeyboardWalk> {
  await page.evaluate(WALK)
  const faults = new Set<string>()
  let stops = 0
  for (let round = 0; round < ROUNDS; round++) {
    await page.evaluate('keyboardWalk.begin()')
    let nothing = 0
    for (let presses = 0; ; presses++) {
      await page.keyboard.press('Tab')
      const stop = await page.evaluate<Stop>('keyboardWalk.stop()')
      if (stop.kind === 'nothing') nothing++
      if (stop.kind === 'round' || nothing > 2) break
      if (presses >= MOST_STOPS) return { stops, faults: [...faults, `Tab does not come round in ${MOST_STOPS} steps`] }
      for (const fault of stop.faults ?? []) faults.add(fault)
      stops++
    }
    if ((await missed(page)).length === 0) return { stops, faults: [...faults] }
  }
  return { stops, faults: [...faults, ...(await missed(page)).map((name) => `${name} is not reached`)] }
}

async function missed (page: Page): Promise<readonly string[]> {
  return await page.evaluate<readonly string[]>('keyboardWalk.missed()')
}

/** Presses Tab until `wanted` has the focus. @throws {Error} when it does not come to it */
export async function tabTo (page: Page, wanted: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  for (let presses = 0; presses < MOST_STOPS; presses++) {
    if (await wanted.evaluate((element) => element.matches(':focus'))) return
    await page.keyboard.press(key)
  }
  throw new Error(`${key} does not come to ${String(wanted)}`)
}
