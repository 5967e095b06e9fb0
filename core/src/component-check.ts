import { boundedText } from './bounded-json.ts'
import type { Component } from './component.ts'
import { RegistrationError } from './operator-errors.ts'

/** Controls, and tunables, of one component. */
export const MAX_CONTROLS = 100

const KIND = /^[a-z][a-z0-9-]{0,63}$/
const NAME = /^[\x21-\x7e](?:[\x20-\x7e]{0,98}[\x21-\x7e])?$/
const WORD = /^[A-Za-z][A-Za-z0-9-]{0,63}$/
const PROTOTYPE_WORD = /^(?:constructor|prototype)$/

/** @throws PLM_CORE_REGISTRATION_INVALID: names and bounds go into URLs, metric labels and pages, so they are checked once, here. */
export function checkComponent (component: Component): void {
  const { kind, name, controls = {}, tunables = {} } = component
  if (!KIND.test(kind)) throw new RegistrationError(`a component's kind is a-z, 0-9 and -, at most 64 characters, not ${boundedText(kind, 80)}`)
  if (!NAME.test(name)) throw new RegistrationError(`a component's name is 1 to 100 printable ASCII characters, not ${boundedText(name, 120)}`)
  if (typeof component.snapshot !== 'function' || typeof component.health !== 'function') throw new RegistrationError(`component ${kind}/${name} needs the functions snapshot and health`)
  checkWords(`controls of ${kind}/${name}`, Object.keys(controls))
  checkWords(`tunables of ${kind}/${name}`, Object.keys(tunables))
  for (const [word, { min, max }] of Object.entries(tunables)) {
    if (!(Number.isFinite(min) && Number.isFinite(max) && min <= max)) throw new RegistrationError(`tunable ${word} of ${kind}/${name} needs finite bounds min <= max, not ${min} and ${max}`)
  }
}

function checkWords (what: string, words: readonly string[]): void {
  if (words.length > MAX_CONTROLS) throw new RegistrationError(`${what}: at most ${MAX_CONTROLS}, not ${words.length}`)
  const wrong = words.find((word) => !WORD.test(word) || PROTOTYPE_WORD.test(word))
  if (wrong !== undefined) throw new RegistrationError(`${what}: a name is letters, digits and -, at most 64 characters, not ${boundedText(wrong, 80)}`)
}
