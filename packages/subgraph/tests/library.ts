import { createIdentitySigner, requireUser, type Viewer } from '@supergraph/runtime/identity.ts'
import { createIdentityKeys, identityIssuers, identityKey } from '@supergraph/runtime/identity-keys.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { currentTraceId } from '@supergraph/runtime/trace-context.ts'
import { GraphQLError, GraphQLScalarType } from 'graphql'
import { onTestFinished, vi } from 'vitest'
import { dateScalar, dateTimeScalar, safeIntScalar } from '../scalars.ts'
import { type Caller, serveSubgraph } from '../serve.ts'

type Context = Caller

/** What the library keeps in memory, and answers with by a scalar that passes everything on. */
const kept = { list: [{ deep: 1 }], text: 'kept' }
const anything = {
  date: new Date(0),
  kept,
  says: { toJSON: () => 'its own text' },
  nothing: undefined,
  does: () => 1,
  numbers: [Number.NaN, Number.POSITIVE_INFINITY, -0, 1.5, undefined],
  ['__proto__']: { own: true },
  map: new Map([['a', 1]]),
}

const bookOf = (id: string) => ({
  id,
  isbn: id === '3' ? null : `isbn ${id}`,
  title: `Book "${id}" – é\n`,
  genre: 'NOVEL',
  printedAt: new Date(Number(id) * 1_000),
  price: Number.MAX_SAFE_INTEGER,
  rating: -0.5,
})
type Book = ReturnType<typeof bookOf>

const broken = (): never => {
  throw new TypeError('database 10.0.0.8:5432 is gone')
}

const refuse = (message: string, extensions: object): never => {
  throw new GraphQLError(message, { extensions: { ...extensions } })
}

const resolvers = {
  Anything: new GraphQLScalarType({ name: 'Anything' }),
  Date: dateScalar,
  DateTime: dateTimeScalar,
  SafeInt: safeIntScalar,
  Query: {
    whoAsks: (_: unknown, __: unknown, { viewer, clientAddress }: Context) =>
      JSON.stringify({ viewer, clientAddress }),
    mine: (_: unknown, __: unknown, { viewer }: Context) => requireUser(viewer),
    book: (_: unknown, { id }: { id: string }) => bookOf(id),
    books: (_: unknown, { first }: { first: number }) =>
      Array.from({ length: first }, (_, index) => bookOf(String(index))),
    anything: () => anything,
    published: (_: unknown, given: object) => JSON.stringify(given),
    trace: () => currentTraceId(),
    broken,
    brokenBooks: (_: unknown, { count }: { count: number }) =>
      Array.from({ length: count }, () => new Error('lost')),
    forbidden: () =>
      refuse('Not for you.', { code: 'FORBIDDEN', stacktrace: ['at /srv'], http: { status: 403 } }),
    teapot: () => refuse('Short and stout.', { http: { status: 418 } }),
    odd: () => refuse('Odd.', { http: 'odd', code: 7 }),
    unprintable: () => ({ big: 1n }),
  },
  Mutation: {
    rename: (_: unknown, { id, title }: Book) => ({ ...bookOf(id), title }),
    fail: broken,
  },
  Readable: { __resolveType: () => 'Book' },
  Book: {
    __resolveReference: ({ id, isbn }: Book) =>
      id === '404' ? null : id === '500' ? broken() : bookOf(id ?? isbn?.slice(-1)),
    readable: (book: Book) => book,
    related: ({ id }: Book) => [bookOf(id), null],
    missing: () => null,
    broken,
  },
}

/** A subgraph that has a bit of everything, who asks it over HTTP, and what it has logged. */
export const startLibrary = async ({ hangs = () => null }: { readonly hangs?: () => unknown } = {}) => {
  const { keys, issuers } = await createIdentityKeys(['gateway', 'orders'])
  const logger = createLogger('library', 'silent')
  const logged = vi.spyOn(logger, 'error')
  const library = await serveSubgraph<Context>({
    service: 'library',
    environment: { HOST: '127.0.0.1', PORT: 0, IDENTITY_ISSUERS: identityIssuers.parse(issuers) },
    moduleUrl: import.meta.url,
    resolvers: { ...resolvers, Query: { ...resolvers.Query, hangs } },
    createContext: caller => caller,
    database: { query: async () => [] },
    logger,
  })
  onTestFinished(library.stop)
  const signerOf = (name: 'gateway' | 'orders') => createIdentitySigner(name, identityKey.parse(keys[name]))

  return {
    ...library,
    /** The private key of the gateway, as a setting has it. */
    gatewayKey: keys.gateway ?? '',
    /** What each line of the log says of the error. */
    logged: () => logged.mock.calls.map(([line]) => String(Object(line).err)),
    /** Sends a body over HTTP as the gateway does. */
    post: async (body: object, viewer: Viewer, { address, by = 'gateway', headers }: Sending = {}) =>
      fetch(library.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          authorization: `Bearer ${await signerOf(by).sign('library', viewer, address)}`,
          ...headers,
        },
        body: JSON.stringify(body),
      }),
  }
}

type Sending = {
  readonly address?: string | undefined
  readonly by?: 'gateway' | 'orders'
  readonly headers?: Readonly<Record<string, string>>
}
