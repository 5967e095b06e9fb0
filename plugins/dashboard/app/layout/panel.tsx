import type { ComponentChildren, JSX } from 'preact'
import { useId } from 'preact/hooks'

/** A titled part of a page. */
export function Panel ({ title, href, note, class: name = '', children }: { readonly title: string, readonly href?: string, readonly note?: ComponentChildren, readonly class?: string, readonly children: ComponentChildren }): JSX.Element {
  const id = useId()
  return (
    <section class={`panel ${name}`} aria-labelledby={id}>
      <div class='panel-heading'>
        <h2 id={id}>{href === undefined ? title : <a href={href}>{title}</a>}</h2>
        {note !== undefined && <span class='note'>{note}</span>}
      </div>
      {children}
    </section>
  )
}
