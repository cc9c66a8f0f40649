import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { html } from '@supergraph/runtime/html.ts'
import { originOf } from '@supergraph/runtime/http.ts'
import { readTarget } from '@supergraph/runtime/request-target.ts'
import { withoutTypes } from '@supergraph/runtime/strip-types.ts'

const root = join(import.meta.dirname, '..')
const script = { 'content-type': 'text/javascript; charset=utf-8' }

/**
 * Serves a page of a shop that uses the typed client in a browser, at `/?api=<the gateway's URL>`: it places an order with the
 * chosen method, and shows the state of its latest order as the shop tells it.
 */
export const startShopPage = async () => {
  const server = createServer((request, response) => {
    const { path } = readTarget(request)
    const [, folder, file = ''] =
      /^\/(client|graphql|graphql-ws\/dist)\/([\w/-]+\.(?:ts|m?js))$/.exec(path) ?? []
    const source =
      folder === 'client' ? join(root, 'client', file) : join(root, 'node_modules', folder ?? '', file)
    if (folder === undefined) {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
      return
    }
    readFile(source, 'utf8').then(
      text => response.writeHead(200, script).end(file.endsWith('.ts') ? withoutTypes(text) : text),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: originOf('127.0.0.1', typeof address === 'object' && address !== null ? address.port : 0),
    stop: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const imports = {
  '@supergraph/client': '/client/index.ts',
  '@supergraph/client/operations': '/client/operations.ts',
  graphql: '/graphql/language/index.mjs',
  'graphql-ws': '/graphql-ws/dist/client.js',
}

// n.b. the page back from the provider's page has no api in its address, and needs none
const program = `
  import { createShopClient } from '@supergraph/client'
  import { CatalogueText, PlaceOrderText } from '@supergraph/client/operations'

  const api = new URLSearchParams(location.search).get('api')
  const show = (id, text) => { document.getElementById(id).textContent = text }
  if (api === null) show('status', 'Thank you')
  else {
    const shop = createShopClient({ url: api })
    const signedIn = await shop.login({ email: 'ada@example.com', password: 'supergraph-demo' })
    show('status', signedIn.__typename)
    const { data } = await shop.query(CatalogueText, { first: 1, filter: { inStock: true } })
    const [{ node }] = data.products.edges
    const shippingAddress = { name: 'Ada Lovelace', line1: '1 St James', city: 'London', postalCode: 'SW1Y 4LB', country: 'GB' }
    document.forms[0].onsubmit = async event => {
      event.preventDefault()
      const paymentMethod = document.forms[0].elements.method.value
      const input = { idempotencyKey: crypto.randomUUID(), items: [{ productId: node.id, quantity: 1 }], paymentMethod, shippingAddress }
      const { data: { placeOrder } } = await shop.mutate(PlaceOrderText, { input })
      if (placeOrder.__typename !== 'PlaceOrderSuccess') return show('status', placeOrder.message)
      const { id, status, payment } = placeOrder.order
      show('status', status)
      document.getElementById('approve').href = payment.action?.redirectUrl ?? ''
      document.getElementById('approve').hidden = payment.action === null
      for await (const { data } of shop.watchOrder(id)) show('status', data.orderUpdated.order.status)
    }
    document.forms[0].elements.order.disabled = false
  }`

const page = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Shop</title>
    <link rel="icon" href="data:,">
    <script type="importmap">${{ html: JSON.stringify({ imports }) }}</script>
  </head>
  <body>
    <form><input name="method" aria-label="Card"> <button name="order" disabled>Order</button></form>
    <p><a id="approve" target="_blank" hidden>Approve the payment</a></p>
    <output id="status"></output>
    <script type="module">${{ html: program }}</script>
  </body>
</html>
`.html
