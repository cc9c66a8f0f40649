import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { buildSchema, getVariableValues, Kind, parse, validate } from 'graphql'
import { z } from 'zod'

/** What a shop that stands in for the real one is asked: the name of the operation, its variables and its access token. */
export type ShopRequest = {
  readonly operation: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly token: string | undefined
}

/** The data or the errors of a response, or that it ends before its end. */
export type ShopResponse = { readonly data: object } | { readonly errors: readonly object[] } | 'breaks off'

const api = buildSchema(readFileSync(join(import.meta.dirname, '../../schema/api.graphql'), 'utf8'), {
  assumeValidSDL: true,
})

/** Whether the shop's API has an operation, and takes its variables. */
export const isOfTheApi = (query: string, variables: Readonly<Record<string, unknown>>): boolean => {
  const document = parse(query)
  const [definition] = document.definitions
  if (definition?.kind !== Kind.OPERATION_DEFINITION || validate(api, document).length > 0) return false
  return getVariableValues(api, definition.variableDefinitions ?? [], variables).errors === undefined
}

const body = z.object({ query: z.string(), variables: z.record(z.string(), z.unknown()) })

/** Serves `respond` as the shop's API, and keeps what it was asked. */
export const startStandInShop = async (
  respond: (request: ShopRequest) => ShopResponse | Promise<ShopResponse>,
) => {
  const requests: ShopRequest[] = []
  const server = createServer(async (incoming, outgoing) => {
    const { query, variables } = body.parse(JSON.parse(await textOf(incoming)))
    const request = {
      operation: /(?:query|mutation) (\w+)/.exec(query)?.[1] ?? '',
      variables,
      token: incoming.headers.authorization,
    }
    requests.push(request)
    const response = isOfTheApi(query, variables) ? await respond(request) : unusable
    if (response === 'breaks off') outgoing.write('{"da', () => outgoing.destroy())
    else outgoing.setHeader('content-type', 'application/json').end(JSON.stringify(response))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    requests,
    stop: (): void => {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** The response to a sign-in, or to its renewal, whose access token ends after `livesMs`. */
export const sessionOf = (accessToken: string, livesMs = 600_000): ShopResponse => ({
  data: {
    outcome: {
      __typename: 'Session',
      accessToken,
      refreshToken: `refresh ${accessToken}`,
      expiresAt: new Date(Date.now() + livesMs).toISOString(),
    },
  },
})

/** The response of a shop that has no products and takes all that are written. */
export const emptyShop = ({ operation, variables }: ShopRequest): ShopResponse => {
  const names = Object.keys(variables).map(name => name.replace(/^(sku|input)/, 'product'))
  switch (operation) {
    case 'FindProducts':
      return { data: Object.fromEntries(names.map(name => [name, null])) }
    case 'ImportProducts':
      return { data: Object.fromEntries(names.map(name => [name, { __typename: 'CreateProductSuccess' }])) }
    default:
      return sessionOf('first')
  }
}

const unusable = {
  errors: [{ message: 'The API does not take this.', extensions: { code: 'BAD_USER_INPUT' } }],
}

const textOf = async (incoming: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
