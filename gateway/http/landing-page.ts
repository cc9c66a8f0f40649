import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { createFile } from '@supergraph/runtime/files.ts'
import { type Html, html } from '@supergraph/runtime/html.ts'
import Negotiator from 'negotiator'
import { exampleQuery } from './example-query.ts'

const sandboxScript =
  'https://embeddable-sandbox.cdn.apollographql.com/v2/embeddable-sandbox.umd.production.min.js'
const sandboxOptions = {
  target: '#sandbox',
  initialState: { document: exampleQuery },
  hideCookieToggle: false,
  endpointIsEditable: false,
  runTelemetry: false,
  allowDynamicStyles: false,
}

/** Whether a request comes from a person's browser rather than from a client of the API. */
export const wantsPage = ({ method, headers }: IncomingMessage): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  new Negotiator({ headers }).mediaType([
    'application/json',
    'application/graphql-response+json',
    'text/html',
  ]) === 'text/html'

/** Gives the function that sends the page: it leads to GraphiQL at once, and shows Apollo Sandbox when that can be loaded. */
export const createLandingPage = () =>
  createFile({
    type: 'text/html; charset=utf-8',
    body: Buffer.from(page),
    headers: { 'cache-control': 'no-cache', 'content-security-policy': policy },
  })

const style = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { margin: 0; display: flex; flex-direction: column; height: 100vh; height: 100dvh }
  header { display: flex; flex-wrap: wrap; gap: 0 1.5rem; align-items: baseline; padding: 0.5rem 1rem; border-bottom: 1px solid #8884 }
  h1 { font-size: 1rem; margin: 0 }
  main { max-width: 40rem; margin: auto; padding: 1rem; overflow-wrap: anywhere }
  code { font-size: 0.9em }
  .go { display: inline-block; padding: 0.6rem 1.2rem; border: 1px solid currentcolor; border-radius: 6px; text-decoration: none }
  .note { opacity: 0.75 }
  #sandbox { flex: 1; display: none }
  #sandbox iframe { width: 100%; height: 100%; border: none; background: white }
  .loaded main { display: none }
  .loaded #sandbox { display: block }
`

const script = `
  const note = document.querySelector('#note')
  note.textContent = 'Apollo Sandbox is loading from the internet …'
  const sandbox = document.createElement('script')
  const giveUp = () => { note.textContent = 'Apollo Sandbox can’t be loaded: it needs the internet. GraphiQL does not.' }
  const patience = setTimeout(giveUp, 5000)
  sandbox.src = ${JSON.stringify(sandboxScript)}
  sandbox.onerror = () => { clearTimeout(patience); giveUp() }
  sandbox.onload = () => {
    clearTimeout(patience)
    document.body.className = 'loaded'
    new EmbeddedSandbox({ ...${JSON.stringify(sandboxOptions).replaceAll('<', '\\u003c')}, initialEndpoint: location.origin + location.pathname })
  }
  document.head.append(sandbox)
`

const { html: page } = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Commerce Supergraph</title>
    <link rel="icon" href="data:,">
    <style>${asIs(style)}</style>
  </head>
  <body>
    <header>
      <h1>Commerce Supergraph</h1>
      <a href="/graphiql">GraphiQL</a>
    </header>
    <main>
      <h2>This is the GraphQL endpoint</h2>
      <p>Programs send their operations to this address as <code>POST</code> requests, and subscribe here over WebSocket (<code>graphql-transport-ws</code>).</p>
      <p><a class="go" href="/graphiql">Explore the API in GraphiQL</a></p>
      <p class="note" id="note" role="status"></p>
      <noscript><p class="note">Apollo Sandbox and GraphiQL need JavaScript.</p></noscript>
    </main>
    <div id="sandbox"></div>
    <script>${asIs(script)}</script>
  </body>
</html>
`

function asIs(text: string): Html {
  return { html: text }
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

const policy = [
  `script-src ${hashOf(script)} https://embeddable-sandbox.cdn.apollographql.com`,
  `style-src ${hashOf(style)}`,
  'img-src data:',
  'frame-src https://sandbox.embed.apollographql.com',
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')
