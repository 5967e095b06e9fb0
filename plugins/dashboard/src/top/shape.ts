/** What a piece of JSON has to be: a kind of value, a list of one shape, or an object with at least these. */
export type Shape = 'text' | 'number' | 'number?' | 'flag' | readonly [Shape] | { readonly [name: string]: Shape }

export function hasShape (value: unknown, shape: Shape): boolean {
  switch (shape) {
    case 'text': return typeof value === 'string'
    case 'number': return typeof value === 'number'
    case 'number?': return typeof value === 'number' || value === null
    case 'flag': return typeof value === 'boolean'
  }
  if (isList(shape)) return Array.isArray(value) && value.every((one) => hasShape(one, shape[0]))
  return typeof value === 'object' && value !== null && Object.entries(shape).every(([name, inner]) => Object.hasOwn(value, name) && hasShape(Reflect.get(value, name), inner))
}

function isList (shape: readonly [Shape] | { readonly [name: string]: Shape }): shape is readonly [Shape] { return Array.isArray(shape) }
