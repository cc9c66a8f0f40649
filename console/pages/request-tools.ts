import { html } from './html.ts'
import { Copy } from './parts.ts'
import type { OperationView, RequestView } from './views.ts'

const unknown =
  'Only operations of schema/operations are known here: spans hold no text that values could stand in.'

/** What can be done with a request: repeat it elsewhere, and save it. */
export const RequestTools = ({ view: { operation, trace } }: { readonly view: RequestView }) => html`
  ${
    operation === null
      ? html`<button disabled title=${unknown}>Copy as cURL</button><button disabled title=${unknown}>GraphiQL</button>`
      : html`
        <${Copy} text=${curlOf(operation)} look="button">Copy as cURL<//>
        <a class="button" href=${graphiqlOf(operation)} target="_blank" rel="noreferrer">GraphiQL</a>
      `
  }
  <a class="button" href=${`/requests/${trace.traceId}.otlp.json`} download>Export</a>
`

/** The command that sends the operation again, with its variables to be filled in. */
export const curlOf = ({ document, variables, gatewayUrl }: OperationView): string => {
  const body = JSON.stringify({ query: document, variables })
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
  return [
    `curl ${quoted(gatewayUrl)}`,
    `-H 'content-type: application/json'`,
    `-H "authorization: Bearer $TOKEN"`,
    `--data ${quoted(body)}`,
  ].join(' \\\n  ')
}

/** The address of GraphiQL with an operation, and with values for its variables where there is demo data. */
export const graphiqlOf = ({ name, gatewayUrl }: OperationView): string => {
  const address = new URL('/graphiql', gatewayUrl)
  address.searchParams.set('operation', name)
  return address.href
}
