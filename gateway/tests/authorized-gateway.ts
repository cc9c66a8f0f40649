import { Readable } from 'node:stream'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { createIdentityVerifier } from '@supergraph/runtime/identity.ts'
import { createIdentityKeys, identityIssuers } from '@supergraph/runtime/identity-keys.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { onTestFinished } from 'vitest'
import { startTokenIssuer } from '../../testbed/token-issuer.ts'
import { authorizedSubgraphs, authorizedSupergraph } from '../authorization/supergraph.fixture.ts'
import { readEnvironment } from '../environment.ts'
import { startGateway } from '../server.ts'
import { clientsOf } from './gateway-under-test.ts'
import { startStandIn } from './stand-in-subgraph.ts'

const ada = {
  __typename: 'User',
  id: 'ada',
  name: 'Ada',
  email: 'ada@example.com',
  phone: '1',
  notes: ['n'],
  deputy: (): object => ada,
}
const grace = { ...ada, id: 'grace', name: 'Grace', boss: ada }
const strict = { certain: (): object => strict, hidden: 'h' }
const robot = { __typename: 'Robot', id: 'r2', name: 'R2', secret: 'beep', model: 'D2' }
const ledger = { __typename: 'Ledger', total: 1, balance: 2 }

/** Starts the two subgraphs of the authorized supergraph; `join` sends an event to whoever is subscribed to `joined`. */
export const startAuthorizedSubgraphs = async () => {
  const { keys, issuers } = await createIdentityKeys(['gateway'])
  const verifierFor = (service: string) => createIdentityVerifier(service, identityIssuers.parse(issuers))
  const streams = new Set<Readable>()
  const subscribe = () => {
    const stream = new Readable({ objectMode: true, read: () => undefined })
    streams.add(stream)
    const events = stream.iterator()
    // n.b. the iterator's own `return` would wait for the next event
    return {
      next: () => events.next(),
      return: async () => {
        streams.delete(stream)
        stream.push(null)
        return { done: true, value: undefined }
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }
  const accounts = await startStandIn({
    sdl: authorizedSubgraphs.accounts,
    verifyIdentity: verifierFor('accounts'),
    resolvers: {
      Query: {
        me: () => ada,
        people: () => [ada, grace],
        crowd: () => [[ada], [grace, null]],
        node: (_: unknown, { id }: { id: string }) => [ada, grace, robot].find(node => node.id === id),
        found: () => [robot, ada, ledger],
        ledger: () => ledger,
        salary: () => 100,
        card: () => ({ code: '4711' }),
        title: () => 'Staff',
        must: () => strict,
      },
      Mutation: {
        rename: (_: unknown, { name }: { name: string }) => ({ ...ada, name }),
        promote: () => grace,
        greet: () => 'hello',
      },
      Subscription: { joined: { subscribe }, promoted: { subscribe } },
      User: { __resolveReference: ({ id }: { id: string }) => ({ ...ada, id }) },
    },
  })
  const badges = await startStandIn({
    sdl: authorizedSubgraphs.badges,
    verifyIdentity: verifierFor('badges'),
    resolvers: {
      User: {
        __resolveReference: ({ id }: { id: string }) => ({ id }),
        badges: (_: unknown, { first = 2 }: { first?: number }) => ['gold', 'silver'].slice(0, first),
        points: () => 7,
      },
      Card: { __resolveReference: ({ code }: { code: string }) => ({ code, level: 3 }) },
    },
  })
  onTestFinished(async () => {
    await Promise.all([accounts.stop(), badges.stop()])
  })
  return {
    accounts,
    badges,
    identityKey: keys.gateway ?? '',
    supergraphSdl: authorizedSupergraph({ accounts: accounts.url, badges: badges.url }),
    subscribers: () => streams.size,
    join: () => {
      for (const stream of streams) stream.push({ joined: ada })
    },
  }
}

/** Starts a gateway over a supergraph that asks for authority in every way it can, or over another one. */
export const startAuthorizedGateway = async (
  settings: Readonly<Record<string, string>> = {},
  otherSupergraphSdl?: string,
) => {
  const subgraphs = await startAuthorizedSubgraphs()
  const tokens = await startTokenIssuer()
  const environment = readEnvironment({
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    PORT: '0',
    IDENTITY_KEY: subgraphs.identityKey,
    JWKS_URL: tokens.jwksUrl,
    ...settings,
  })
  const transport = createInProcessTransport({ logger: createLogger('messaging', 'silent') })
  const supergraphSdl = otherSupergraphSdl ?? subgraphs.supergraphSdl
  const gateway = await startGateway(environment, transport, { supergraphSdl })
  onTestFinished(async () => {
    await gateway.stop()
    await Promise.all([tokens.stop(), transport.stop()])
  })
  const clients = clientsOf(`http://127.0.0.1:${gateway.port}`)
  const bearer = async (...scopes: readonly string[]) =>
    `Bearer ${await tokens.customer('ada', { scopes, sessionId: 'first' })}`
  return {
    ...subgraphs,
    ...clients,
    bearer,
    /** Asks as nobody, or as someone who is signed in and has these scopes. */
    ask: async (query: string, scopes?: readonly string[], variables?: object) => {
      const authorization = scopes === undefined ? undefined : await bearer(...scopes)
      return clients.post(query, authorization === undefined ? {} : { authorization }, variables)
    },
    /** What the subgraphs were asked for so far, as one text. */
    fetched: () =>
      [...subgraphs.accounts.received, ...subgraphs.badges.received].map(({ query }) => query).join('\n'),
  }
}
