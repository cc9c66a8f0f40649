import { readFileSync } from 'node:fs'
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { capErrors } from '@supergraph/runtime/answer-errors.ts'
import { stopWhenNobodyWaits } from '@supergraph/runtime/caller.ts'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { tellOperation } from '@supergraph/telemetry/operations.ts'
import { parse } from 'graphql'
import { limitRepresentations, resolveEqualOnce } from './entities.ts'
import { takeIntsForAmounts } from './int-variables.ts'
import { createKnownDocuments } from './known-documents.ts'
import { createRunKnown } from './known-operations.ts'
import { createReport, formatError, type Report } from './operation-errors.ts'

const maxDocumentBytes = 16 * 1024 * 1024

/** Makes the schema of a subgraph, and what executes operations on it. */
export const startExecutor = async <C extends { readonly viewer: Viewer }>({
  moduleUrl,
  resolvers,
  logger,
}: {
  /** `import.meta.url` of a module in the folder that holds `schema.graphql`. */
  readonly moduleUrl: string
  readonly resolvers: object
  readonly logger: Logger
}) => {
  const schema = buildSubgraphSchema({
    typeDefs: parse(readFileSync(new URL('./schema.graphql', moduleUrl), 'utf8')),
    // n.b. codegen's resolver types and Apollo's resolver map describe the same object in incompatible types
    resolvers: { ...resolvers },
  })
  resolveEqualOnce(schema)
  limitRepresentations<C>(schema)
  const report = createReport(logger)
  const known = createKnownDocuments(schema, maxDocumentBytes)
  const apollo = new ApolloServer<C>({
    schema,
    introspection: false,
    documentStore: known.documentStore,
    persistedQueries: false,
    csrfPrevention: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    logger: logger.child({}, { level: 'warn' }),
    // n.b. by default a line feed is put behind it
    stringifyResult: async result => JSON.stringify(result),
    formatError,
    // n.b. cache control would slow down each field of the schema, for whoever executes it
    plugins: [ApolloServerPluginCacheControlDisabled(), takeIntsForAmounts(schema), createPlugin(report)],
  })
  await apollo.start()
  return { schema, apollo, runKnown: createRunKnown<C>({ schema, known, report }), report }
}

/** Ends reads that nobody waits for, logs what failed, and lists at most 100 errors in an answer. */
const createPlugin = (report: Report): ApolloServerPlugin => ({
  contextCreationDidFail: async ({ error }) => report([error]),
  requestDidStart: async () => ({
    didResolveOperation: async ({ operation }) => {
      if (operation) tellOperation(operation)
      // n.b. a mutation goes on: whoever sent it would not know what it did
      if (operation?.operation === 'query') stopWhenNobodyWaits()
    },
    didEncounterErrors: async ({ errors }) => report(errors),
    willSendResponse: async ({ response: { body } }) => {
      if (body.kind !== 'single' || body.singleResult.errors === undefined) return
      body.singleResult.errors = capErrors(body.singleResult.errors)
    },
  }),
})
