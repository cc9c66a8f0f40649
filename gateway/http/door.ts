import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Html, html, policyHash } from '@supergraph/runtime/html.ts'
import Negotiator from 'negotiator'
import { docPages } from './docs.ts'
import { doorStyle } from './door-style.ts'
import type { DemoShop } from './graphiql.ts'

/** Where a person gets on from the gateway; what is undefined is not shown. */
export type Neighbours = {
  readonly consoleUrl: string | undefined
  readonly registryUrl: string | undefined
  readonly mailboxUrl: string | undefined
  readonly demo: DemoShop | undefined
}

const sandboxScript =
  'https://embeddable-sandbox.cdn.apollographql.com/v2/embeddable-sandbox.umd.production.min.js'

/** Whether a request comes from a person's browser rather than from a client of the API. */
export const wantsPage = ({ method, headers }: IncomingMessage): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  new Negotiator({ headers }).mediaType([
    'application/json',
    'application/graphql-response+json',
    'text/html',
  ]) === 'text/html'

/**
 * Gives the functions that send the page which leads to everything: as it is, and, at the endpoint itself, with Apollo Sandbox
 * in its place when that can be loaded from the internet, where `sandboxDocument` is the first operation.
 */
export const createDoor = (neighbours: Neighbours, sandboxDocument: string) => {
  const script = sandboxLoader(sandboxDocument)
  const send = (withSandbox: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    const page = createPage(neighbours, {
      host: request.headers.host,
      script: withSandbox ? script : undefined,
    })
    response
      .writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'content-length': Buffer.byteLength(page),
        'cache-control': 'no-cache',
        'content-security-policy': policyWith(withSandbox ? script : undefined),
        'referrer-policy': 'no-referrer',
      })
      .end(page)
  }
  return { sendDoor: send(false), sendDoorWithSandbox: send(true) }
}

const createPage = (
  { consoleUrl, registryUrl, mailboxUrl, demo }: Neighbours,
  { host, script }: { readonly host: string | undefined; readonly script: string | undefined },
): string => {
  const at = (url: string) => addressFrom(host, url)
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Commerce Supergraph</title>
    <link rel="icon" href="data:,">
    <style>${asIs(doorStyle)}</style>
  </head>
  <body>
    <main>
      <header>
        <h1>Commerce Supergraph</h1>
        <p>A whole shop behind one GraphQL endpoint.</p>
        <p id="note" role="status"></p>
      </header>
      <section class="doors">
        ${card(
          'GraphiQL',
          '/graphiql',
          demo === undefined
            ? 'Write operations and run them. Works without the internet.'
            : 'Write operations and run them, as a demo account with one click. Works without the internet.',
          [
            ['Browse', '/graphiql?operation=Catalogue'],
            ['Place an order', '/graphiql?operation=PlaceOrder'],
            ['Hear of it', '/graphiql?operation=NotificationAdded'],
          ],
        )}
        ${
          consoleUrl === undefined
            ? ''
            : card(
                'Console',
                at(consoleUrl),
                'See what happens inside: each request, the map, orders and events.',
                [
                  ['Requests', at(`${consoleUrl}/requests?filter=kind%3Drequest`)],
                  ['Map', at(`${consoleUrl}/map`)],
                  ['Orders', at(`${consoleUrl}/orders`)],
                  ['Events', at(`${consoleUrl}/events`)],
                ],
              )
        }
        ${mailboxUrl === undefined ? '' : card('Mail', at(consoleUrl === undefined ? mailboxUrl : `${consoleUrl}/mail`), 'Read what the shop writes to its customers. Nothing leaves this machine.')}
        ${card('Apollo Sandbox', '/graphql', 'Apollo’s explorer. It needs the internet: it is loaded from there.')}
      </section>
      ${demo === undefined ? '' : accounts(demo)}
      <section>
        <h2>For programs</h2>
        <dl>
          <dt>operations</dt><dd><code>POST http://${host ?? ''}/graphql</code></dd>
          <dt>subscriptions</dt><dd><code>ws://${host ?? ''}/graphql</code> (<code>graphql-transport-ws</code>), or server-sent events by <code>accept: text/event-stream</code></dd>
          ${registryUrl === undefined ? '' : html`<dt>rover</dt><dd><code>APOLLO_REGISTRY_URL=${at(`${registryUrl}/graphql`)}</code></dd>`}
        </dl>
      </section>
      <section>
        <h2>Read</h2>
        <ul class="docs">${docPages().map(({ name, title }) => html`<li><a href="/docs/${name}">${title}</a></li>`)}</ul>
      </section>
    </main>
    ${script === undefined ? '' : html`<div id="sandbox"></div><script>${asIs(script)}</script>`}
  </body>
</html>
`.html
}

const card = (
  title: string,
  href: string,
  text: string,
  more: readonly (readonly [string, string])[] = [],
): Html => html`<article>
          <h2><a href="${href}">${title}</a></h2>
          <p>${text}</p>
          ${more.length === 0 ? '' : html`<p class="more">${more.map(([name, address]) => html`<a href="${address}">${name}</a> `)}</p>`}
        </article>`

const accounts = ({ accounts: all, password }: DemoShop): Html => html`<section>
        <h2>Demo accounts</h2>
        <p>GraphiQL signs them in for you. Elsewhere, the password of each is <code>${password}</code>.</p>
        <dl>${all.map(({ email, role }) => html`<dt>${role}</dt><dd><code>${email}</code></dd>`)}</dl>
      </section>`

/** n.b. a neighbour that listens on all addresses of a machine is reached by the name under which the gateway was. */
const addressFrom = (host: string | undefined, text: string): string => {
  const url = new URL(text)
  const own = URL.parse(`http://${host}`)
  if (own !== null && ['0.0.0.0', '[::]'].includes(url.hostname)) url.hostname = own.hostname
  return url.href
}

const sandboxLoader = (document: string): string => {
  const options = {
    target: '#sandbox',
    initialState: { document },
    hideCookieToggle: false,
    endpointIsEditable: false,
    runTelemetry: false,
    allowDynamicStyles: false,
  }
  return `
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
    new EmbeddedSandbox({ ...${JSON.stringify(options).replaceAll('<', '\\u003c')}, initialEndpoint: location.origin + location.pathname })
  }
  document.head.append(sandbox)
`
}

function asIs(text: string): Html {
  return { html: text }
}

const policyWith = (script: string | undefined): string =>
  [
    "default-src 'none'",
    ...(script === undefined
      ? []
      : [
          `script-src ${policyHash(script)} https://embeddable-sandbox.cdn.apollographql.com`,
          'frame-src https://sandbox.embed.apollographql.com',
        ]),
    `style-src ${policyHash(doorStyle)}`,
    'img-src data:',
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
