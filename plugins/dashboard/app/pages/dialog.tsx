import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

/** A modal dialog: the browser keeps the focus in it, closes it with Escape and gives the focus back. */
export function Dialog ({ title, close, children }: { readonly title: string, readonly close: () => void, readonly children: ComponentChildren }): JSX.Element {
  const element = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const opener = document.activeElement
    element.current?.showModal()
    return () => { if (opener instanceof HTMLElement) opener.focus() }
  }, [])
  return (
    <dialog ref={element} aria-labelledby={id} onClose={close}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  )
}
