import { render } from 'preact'
import { Page } from './layout/page.tsx'
import { start } from './state/stream.ts'

const root = document.getElementById('app')
if (root !== null) {
  // What the server wrote there is for the time until now.
  root.replaceChildren()
  start()
  render(<Page />, root)
}
