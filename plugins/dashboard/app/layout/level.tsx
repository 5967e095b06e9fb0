import type { JSX } from 'preact'
import { byWord } from '../../src/view/by-word.ts'
import type { Level } from '../state/levels.ts'

// A shape each, so that nobody needs the colour.
const SHAPES: { readonly [L in Level | 'none']: string } = byWord({
  none: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16',
  ok: 'M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20M7 12l3.5 3.5L17 9',
  notice: 'M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20M12 11v6M12 7v.5',
  warning: 'M12 3 22 21H2ZM12 10v5M12 17.6v.4',
  critical: 'M8 2h8l6 6v8l-6 6H8l-6-6V8ZM8.5 8.5l7 7M15.5 8.5l-7 7'
})

export function LevelIcon ({ level, size = 24 }: { readonly level: Level | 'none', readonly size?: number }): JSX.Element {
  return <svg class={`level is-${level}`} viewBox='0 0 24 24' width={size} height={size} aria-hidden='true'><path d={SHAPES[level]} /></svg>
}
