import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readRoverConfig } from '@supergraph/composition/rover-config.ts'
import { demoBaskets, demoOrderId, demoProductId, demoUserId } from '@supergraph/demo/demo-shop.ts'
import { readEnvironment } from '@supergraph/gateway/environment.ts'
import { startGateway } from '@supergraph/gateway/server.ts'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { demoKey, demoRef } from '@supergraph/registry/demo/demo-ref.ts'
import { textOf } from '@supergraph/registry/graph-ref.ts'
import { startTestRegistry } from '@supergraph/registry/tests/registry-under-test.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { OperationTypeNode, parse } from 'graphql'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { prefixOf, subgraphNames } from '../../services.ts'
import { type GraphQLResponse, postGraphQL, signIn } from '../../testbed/graphql-client.ts'
import { startHiveGateway } from '../../testbed/hive-gateway.ts'
import { address } from '../../testbed/orders.ts'
import { startStockGateway } from '../../testbed/stock-gateway.ts'
import type { System } from '../../testbed/system/system.ts'
import { demoPassword } from '../allocations.ts'

const root = join(import.meta.dirname, '../..')
const folder = join(root, 'schema/operations')
const recorded = readdirSync(folder).map(file => {
  const text = readFileSync(join(folder, file), 'utf8')
  const [definition] = parse(text).definitions
  const kind = definition !== undefined && 'operation' in definition ? definition.operation : undefined
  return { name: file.replace('.graphql', ''), text, kind }
})

const productId = demoProductId('PEN-FOUNTAIN-F')
const orderId = demoOrderId(Object.keys(demoBaskets)[0] ?? '')
const nobody = uuidv7()
const card = 'pm_card_visa'
const basket = (quantity: number, own: object = {}) => ({
  input: {
    idempotencyKey: uuidv7(),
    items: [{ productId, quantity }],
    paymentMethod: card,
    shippingAddress: address,
    ...own,
  },
})

/** Variables for each recorded operation; what a mutation does, it does once however often it is sent. */
const variables: Readonly<Record<string, readonly object[]>> = {
  'account-deletions': [{}],
  'add-address': [{ input: { address: { ...address, country: 'Atlantis' } } }],
  'adjust-stock': [
    { input: { productId, delta: 0, reason: 'count' } },
    { input: { productId: nobody, delta: 1, reason: 'count', idempotencyKey: uuidv7() } },
  ],
  'archive-product': [{ input: { productId: nobody } }, { input: { productId: 'none' } }],
  'audit-log': [{}, { first: 2, filter: { actorId: nobody } }, { after: 'no cursor' }],
  'best-sellers': [{}, { first: 2 }, { first: 1_000 }],
  'cancel-deletion': [{}],
  'cancel-order': [{ input: { orderId: nobody } }, { input: { orderId } }],
  catalogue: [
    {},
    { first: 3, filter: { search: 'pen', inStock: true } },
    { after: 'no cursor' },
    { first: 0 },
  ],
  'change-password': [{ input: { currentPassword: 'wrong', newPassword: 'another long password' } }],
  'complete-login': [{ input: { challenge: 'none', code: '000000' } }],
  'confirm-email-change': [{ input: { token: 'none' } }],
  'confirm-totp': [{ input: { code: '000000' } }],
  'console-order': [{ id: nobody }, { id: orderId }],
  'console-orders': [{}],
  'continue-payment': [{ input: { orderId: nobody } }, { input: { orderId } }],
  'create-product': [
    { input: { sku: 'PEN-FOUNTAIN-F', name: 'Pen', priceMinor: 100, currency: 'EUR' } },
    { input: { sku: 'X', name: 'Pen', priceMinor: -1, currency: 'EURO' } },
  ],
  'delete-me': [{ input: { password: 'wrong' } }],
  'deliver-order': [{ input: { orderId: nobody } }],
  'disable-totp': [{ input: { password: 'wrong', code: '000000' } }],
  'enable-totp': [{ input: { password: 'wrong' } }],
  'export-notifications': [{}, { after: 'no cursor' }],
  'export-orders': [{}, { after: 'no cursor' }],
  'end-session': [{ input: { sessionId: nobody } }, { input: { sessionId: 'none' } }],
  'latest-notification': [{}],
  login: [{ input: { email: 'ada@example.com', password: 'wrong' } }],
  logout: [{ input: { refreshToken: 'none' } }],
  'mark-notifications-read': [{ input: { ids: [nobody] } }, { input: { ids: ['none'] } }],
  me: [{}],
  'my-notifications': [{}, { first: 2, unreadOnly: true }, { after: 'no cursor' }],
  'my-orders': [{}, { first: 1 }, { status: 'REFUNDED' }, { after: 'no cursor' }],
  'my-sessions': [{}],
  'order-page': [{ id: orderId }, { id: nobody }, { id: 'none' }],
  'place-order': [basket(1), basket(1_000_000), basket(1, { expectedTotalMinor: 1 }), basket(-1)],
  'product-page': [{ id: productId }, { sku: 'LAMP-DESK-BRASS' }, { id: nobody }, {}],
  'refresh-session': [{ input: { refreshToken: 'none' } }],
  'refund-order': [{ input: { idempotencyKey: uuidv7(), orderId: nobody } }],
  register: [
    { input: { email: 'ada@example.com', password: 'a long enough password', name: 'Ada' } },
    { input: { email: 'no address', password: 'a long enough password', name: 'Ada' } },
    { input: { email: 'eve@example.com', password: 'short', name: 'Eve' } },
  ],
  'remove-address': [{ input: { addressId: nobody } }],
  'remove-totp': [{ input: { userId: nobody } }, { input: { userId: 'none', reason: 'x' } }],
  'renew-recovery-codes': [{ input: { password: 'wrong', code: '000000' } }],
  'request-email-change': [
    { input: { newEmail: 'nobody@example.com', password: 'wrong' } },
    { input: { newEmail: 'no address', password: 'wrong' } },
  ],
  'request-email-verification': [{}],
  'request-password-reset': [{ input: { email: 'nobody@example.com' } }, { input: { email: 'no address' } }],
  'reset-password': [{ input: { token: 'none', newPassword: 'another long password' } }],
  'retry-order': [{ input: { orderId: nobody } }],
  'sales-summary': [
    { from: '2026-01-01', to: '2026-03-01' },
    { from: '2026-03-01', to: '2026-01-01' },
  ],
  'set-user-role': [{ input: { userId: demoUserId('alan@example.com'), role: 'CUSTOMER' } }],
  'ship-order': [{ input: { orderId: nobody, trackingNumber: 'T 1' } }],
  'staff-orders': [{}, { first: 2, filter: { status: 'CONFIRMED' } }],
  'staff-users': [{}, { first: 2 }, { after: 'no cursor' }],
  'undo-email-change': [{ input: { token: 'none' } }],
  'update-address': [{ input: { addressId: nobody, address } }],
  'update-me': [{ input: { name: '' } }],
  'update-notification-preferences': [{ input: { channel: 'EMAIL', enabled: true } }],
  'verify-email': [{ input: { token: 'none' } }],
  'update-product': [{ input: { productId: nobody, name: 'Pen' } }, { input: { productId, name: '' } }],
}

/** n.b. one ends the sessions of who sends it, and the other answers with another link each time. */
const notSent = ['logout-everywhere', 'export-my-data']
const cases = recorded.filter(
  ({ name, kind }) => kind !== OperationTypeNode.SUBSCRIPTION && !notSent.includes(name),
)

type Gateways = {
  readonly direct: string
  readonly overHttp: string
  /** Other gateways on the supergraph of a registry: Apollo's own, and Hive Gateway if it can be had. */
  readonly others: readonly string[]
  readonly tokens: readonly Token[]
}
type Token = string | undefined

let system: Gateways & Running

/** Everything in one process, and beside it a gateway in another one that calls the same subgraphs over HTTP. */
const startGateways = ({ urlOf, originOf, identityKeys }: System) =>
  startAll(async (use): Promise<Gateways> => {
    const transport = use(createInProcessTransport({ logger: createLogger('messaging', 'silent') }))
    const { url } = use(
      await startGateway(
        readEnvironment({
          NODE_ENV: 'test',
          LOG_LEVEL: 'silent',
          PORT: '0',
          IDENTITY_KEY: identityKeys.gateway,
          JWKS_URL: `${originOf('users')}/.well-known/jwks.json`,
          ...Object.fromEntries(subgraphNames().map(name => [`${prefixOf(name)}_URL`, urlOf(name)])),
        }),
        transport,
      ),
    )
    const registry = use(
      await startTestRegistry(undefined, { DEMO_DATA: 'true', DEMO_PASSWORD: demoPassword }),
    )
    const { url: registryUrl } = registry
    const around = {
      registry: { url: registryUrl, ref: textOf(demoRef), key: demoKey(demoPassword) },
      originOf,
      gatewayKey: identityKeys.gateway,
    }
    // n.b. Apollo's own gateway takes no supergraph that has what it can't enforce; the subgraphs enforce it too
    const plainRef = { ...demoRef, variant: 'plain' }
    for (const { name, url, sdl } of readRoverConfig(path => readFileSync(join(root, path), 'utf8')))
      await registry.changes.publish(
        plainRef,
        { name, url, sdl: withoutScopes(sdl) },
        { author: 'a test', message: '' },
      )
    const stock = use(
      await startStockGateway({ ...around, registry: { ...around.registry, ref: textOf(plainRef) } }),
    )
    const hive = await startHiveGateway(around)
    if (hive !== undefined) use(hive)
    const others = [stock.url, ...(hive === undefined ? [] : [hive.url])]
    const direct = urlOf('gateway')
    const ada = await signIn(direct, { email: 'ada@example.com', password: demoPassword })
    const staff = await signIn(direct, { email: 'staff@example.com', password: demoPassword })
    return { direct, overHttp: url, others, tokens: [undefined, ada.accessToken, staff.accessToken] }
  })

const withoutScopes = (sdl: string): string =>
  sdl.replaceAll(/, "@(authenticated|requiresScopes)"|@authenticated|@requiresScopes\(scopes: [^)]*\)/g, '')

/** What says that somebody may not have a field: our gateway by itself, and a subgraph if a gateway asks it all the same. */
const refusals = ['UNAUTHORIZED_FIELD_OR_TYPE', 'UNAUTHENTICATED', 'FORBIDDEN']

/** What any gateway must answer. n.b. which of the refusals comes, and whether one does, differs */
const answerOf = ({ body }: { readonly body: GraphQLResponse }) => ({
  data: body.data ?? null,
  failures: (body.errors ?? [])
    .map(({ extensions }) => String(extensions?.code))
    .filter(code => !refusals.includes(code)),
})

export const describeInProcess = (systemOf: () => System): void => {
  describe('calls within the process', () => {
    beforeAll(async () => {
      system = await startGateways(systemOf())
    })
    afterAll(() => system?.stop())

    it('knows variables for every recorded query and mutation', () => {
      expect(Object.keys(variables).toSorted()).toEqual(cases.map(({ name }) => name).toSorted())
    })

    it.each(
      cases,
    )('$name is answered in one process as over HTTP and by other gateways, whoever asks', async ({
      name,
      text,
      kind,
    }) => {
      const { direct, overHttp, others, tokens } = system
      const ask = async (url: string, own: object, accessToken: Token) => {
        const { status, text: body } = await postGraphQL(
          url,
          { query: text, variables: own },
          { accessToken },
        )
        return { status, body: JSON.parse(body, (key, value) => (key === 'traceId' ? undefined : value)) }
      }
      for (const own of variables[name] ?? []) {
        for (const token of tokens) {
          const compare = async () => {
            const answer = await ask(direct, own, token)
            expect(await ask(overHttp, own, token)).toEqual(answer)
            expect(JSON.stringify(answer)).not.toMatch(/SERVICE_|INTERNAL/)
            for (const other of others)
              expect(answerOf(await ask(other, own, token)), other).toEqual(answerOf(answer))
          }
          // n.b. events that came in the meantime change what is read
          if (kind === OperationTypeNode.QUERY) await vi.waitFor(compare)
          else await compare()
        }
      }
    })
  })
}
