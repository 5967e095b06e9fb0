import { contentSecurityPolicy, sourceHash } from './content-security-policy.ts'

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { display: grid; place-items: center; min-height: 100vh; margin: 0 }
form { display: grid; gap: .75rem; width: min(22rem, 90vw) }
h1 { font-size: 1.25rem; margin: 0 }
label { display: grid; gap: .25rem }
input, button { font: inherit; padding: .5rem .75rem; border: 1px solid; border-radius: .375rem }
button { cursor: pointer; font-weight: 600 }
:focus-visible { outline: 3px solid #2f7bd6; outline-offset: 2px }
p { margin: 0; min-height: 1.5em }
`

// A token may be handed over in the fragment, which no server and no log ever sees; it leaves the address bar at once.
const SCRIPT = `
const form = document.querySelector('form')
const note = document.querySelector('p')
form.addEventListener('submit', event => { event.preventDefault(); signIn(form.elements.token.value.trim()) })
const handed = new URLSearchParams(location.hash.slice(1)).get('token')
if (handed) {
  history.replaceState(null, '', location.pathname + location.search)
  signIn(handed)
}
async function signIn (token) {
  note.textContent = 'One moment …'
  try {
    const answer = await fetch(form.dataset.session, { method: 'POST', headers: { authorization: 'Bearer ' + token, 'x-plimsoll-request': '1' } })
    if (answer.ok) return location.reload()
    form.elements.token.setAttribute('aria-invalid', String(answer.status === 401))
    note.textContent = answer.status === 401 ? 'This token is not accepted.' : 'The service answered with ' + answer.status + '.'
  } catch {
    note.textContent = 'The service could not be reached, or this is no token.'
  }
}
`

/** Headers of the page: nothing but its own script and style, and requests to where it came from. */
export const SIGN_IN_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy({ script: sourceHash(SCRIPT), style: sourceHash(STYLE) })
}

/**
 * What a stranger with a browser gets in place of a page: everything is in it, so that no asset has to be public.
 *
 * @param sessionUrl of the endpoint that signs in, relative to the page; never from a request
 */
export function signInPage (sessionUrl: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<form data-session="${sessionUrl}">
<h1>Sign in to this service</h1>
<label>Token <input name="token" type="password" autocomplete="current-password" aria-describedby="note" required autofocus></label>
<button>Sign in</button>
<p id="note" role="alert"></p>
</form>
</main>
<noscript>Signing in needs JavaScript. Programs send the token as Authorization: Bearer.</noscript>
<script type="module">${SCRIPT}</script>
</body>
</html>
`
}
