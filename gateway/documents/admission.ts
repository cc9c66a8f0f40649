import { hash } from 'node:crypto'
import { bytesOfText, createCache } from '@supergraph/runtime/cache.ts'
import { errorWithoutStack } from '@supergraph/runtime/errors.ts'
import { widenIntVariables } from '@supergraph/subgraph/int-variables.ts'
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql'
import type { ClientOperation } from '../authorization/selections.ts'
import { unknownOperation } from '../errors.ts'
import type { Documents } from '../limits/documents.ts'
import type { LoadedSupergraph } from '../supergraph.ts'
import { createKnownIntrospectionRule } from './known-introspection.ts'
import { type KnownOperations, operationIn } from './known-operations.ts'
import type { TrustedDocuments } from './trusted-documents.ts'

/** Decides which documents are executed. */
export type Admission = ReturnType<typeof createAdmission>

/** A document is not to be executed; the errors say why. */
export class DocumentRefused extends Error {
  readonly errors: readonly GraphQLError[]
  constructor(errors: readonly GraphQLError[]) {
    super('the document was refused')
    this.errors = errors
  }
}

const maxRefusedBytes = 4 * 1024 * 1024
const bytesPerError = 300

/** Admits documents to a supergraph: checks each text against the limits and validates it, once. Those admitted become known. */
export const createAdmission = ({
  supergraph: { schema, apiSchema },
  documents,
  trusted,
  known,
  introspection,
}: {
  readonly supergraph: Pick<LoadedSupergraph, 'schema' | 'apiSchema'>
  readonly documents: Documents
  /** If given, no others are admitted. */
  readonly trusted?: Pick<TrustedDocuments, 'check'> | undefined
  readonly known: Pick<KnownOperations, 'keep' | 'operationsOf'>
  /** Whether clients may look at the schema. */
  readonly introspection: boolean
}) => {
  const rules = [
    ...specifiedRules,
    createKnownIntrospectionRule(apiSchema),
    ...(introspection ? [] : [NoSchemaIntrospectionCustomRule]),
  ]
  // n.b. the errors alone: the stack of what is thrown keeps the requests through which it went
  const refused = createCache<readonly GraphQLError[]>({
    maxBytes: maxRefusedBytes,
    sizeOf: errors => errors.reduce((bytes, { message }) => bytes + bytesPerError + bytesOfText(message), 0),
  })

  const parsed = (text: string): DocumentNode => {
    try {
      trusted?.check(text)
      return documents.parse(text)
    } catch (error) {
      if (error instanceof GraphQLError) throw new DocumentRefused([error])
      throw error
    }
  }

  const read = (text: string, textHash: string): readonly ClientOperation[] => {
    const document = widenIntVariables(schema, parsed(text))
    const errors = errorsIn(schema, document, rules)
    if (errors.length > 0) throw new DocumentRefused(errors.map(invalid))
    return known.keep(document, textHash)
  }

  const admit = (text: string): readonly ClientOperation[] => {
    const before = known.operationsOf(text)
    if (before !== undefined) return before
    const textHash = hash('sha256', text)
    const refusal = refused.get(textHash)
    if (refusal !== undefined) throw new DocumentRefused(refusal)
    try {
      return read(text, textHash)
    } catch (error) {
      if (error instanceof DocumentRefused) refused.set(textHash, error.errors)
      throw error
    }
  }

  return {
    /**
     * Gives the operations of a document. Throws DocumentRefused, with codes of OPERATION_TOO_LARGE, QUERY_NOT_IN_SAFELIST,
     * GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED or BAD_USER_INPUT. n.b. holds up everything else for up to 50 ms
     */
    admit,

    /** The operation of this name, or the only one if there is no name; or the errors for which there is none. */
    operationOf: (text: string, operationName?: string): ClientOperation | readonly GraphQLError[] => {
      try {
        return operationIn(admit(text), operationName) ?? [unknownOperation()]
      } catch (error) {
        if (error instanceof DocumentRefused) return error.errors
        throw error
      }
    },
  }
}

const errorsIn = (
  schema: GraphQLSchema,
  document: DocumentNode,
  rules: readonly ValidationRule[],
): readonly GraphQLError[] => {
  try {
    return validate(schema, document, rules, { hideSuggestions: true })
  } catch (error) {
    // n.b. graphql's rule for subscriptions throws on a directive at the root that takes a variable
    if (!(error instanceof TypeError || error instanceof GraphQLError)) throw error
    return [new GraphQLError('A subscription takes no @skip or @include at its root.')]
  }
}

/** An error of validation as clients get it. n.b. the nodes that it names would keep the whole document */
const invalid = ({ message, locations, extensions }: GraphQLError): GraphQLError =>
  Object.assign(
    errorWithoutStack(message, {
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED', http: { status: 400 }, ...extensions },
    }),
    { locations },
  )
