import type { DocumentNode } from 'graphql'

/** A parsed GraphQL operation, which also knows its variables and its data: what Apollo Client and urql call `TypedDocumentNode`. */
export interface ParsedDocument<Data, Variables> extends DocumentNode {
  readonly __apiType?: (variables: Variables) => Data
}
