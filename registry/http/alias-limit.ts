import { GraphQLError, type ValidationRule } from 'graphql'

const maxAliases = 4

/**
 * Refuses a document with more than 4 aliases. n.b. without an alias a field is resolved once, however often it is written:
 * with hundreds of them one request would be hundreds of checks
 */
export const aliasLimit: ValidationRule = context => {
  let aliases = 0
  return {
    Field: ({ alias }) => {
      if (alias === undefined) return
      aliases += 1
      if (aliases === maxAliases + 1)
        context.reportError(
          new GraphQLError(`The document has more than ${maxAliases} aliases: send several requests.`),
        )
    },
  }
}
