import { render } from 'preact'
import { Page } from './layout/page.tsx'
import { start } from './state/stream.ts'

const root = document.getElementById('app')
if (root !== null) {
  start()
  render(<Page />, root)
}
