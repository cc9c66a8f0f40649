import { Kind, parse } from 'graphql'

/** The names of the operations in recorded documents. n.b. metrics have no other names, or clients could make up metrics */
export const recordedNamesIn = (documents: readonly string[]): ReadonlySet<string> =>
  new Set(
    documents.flatMap(document =>
      parse(document).definitions.flatMap(definition =>
        definition.kind === Kind.OPERATION_DEFINITION && definition.name !== undefined
          ? [definition.name.value]
          : [],
      ),
    ),
  )
