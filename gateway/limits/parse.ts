import { errorWithoutStack } from '@supergraph/runtime/errors.ts'
import { type DocumentNode, GraphQLError, Lexer, parse, Source, type Token, TokenKind } from 'graphql'
import { maxNesting } from './nesting.ts'
import { tooLarge } from './refusal.ts'

// n.b. messages repeat names, some of them in each of a hundred errors
const maxNameLength = 200

/**
 * Parses a document. Throws OPERATION_TOO_LARGE as soon as its tokens or comments, the length of a name or the nesting of
 * its brackets pass what is allowed, and GRAPHQL_PARSE_FAILED if it is no GraphQL.
 */
export const parseWithin = (text: string, maxTokens: number): DocumentNode => {
  try {
    return parse(text, { lexer: new BoundedLexer(text, maxTokens), maxComments: maxTokens })
  } catch (error) {
    if (!(error instanceof GraphQLError) || error.extensions.code !== undefined) throw error
    const { message, locations } = error
    if (message === tooManyComments(maxTokens)) throw tooLarge('comments', { allowed: maxTokens })
    // n.b. an error that names its source, or has a stack, would keep the whole document
    const extensions = { code: 'GRAPHQL_PARSE_FAILED', http: { status: 400 } }
    throw Object.assign(errorWithoutStack(message, { extensions }), { locations })
  }
}

// n.b. a lexer passes over comments by itself, and graphql's refusal of too many has no other mark
const tooManyComments = (allowed: number): string =>
  `Syntax Error: Document contains more than ${allowed} comments. Parsing aborted.`

class BoundedLexer extends Lexer {
  readonly #maxTokens: number
  #tokens = 0
  #nesting = 0

  constructor(text: string, maxTokens: number) {
    super(new Source(text))
    this.#maxTokens = maxTokens
  }

  override advance(): Token {
    const token = super.advance()
    if (token.kind === TokenKind.EOF) return token
    this.#tokens += 1
    if (this.#tokens > this.#maxTokens) throw tooLarge('tokens', { allowed: this.#maxTokens })
    if (token.kind === TokenKind.NAME && token.end - token.start > maxNameLength)
      throw tooLarge('name', { allowed: maxNameLength })
    if (opening.has(token.kind)) this.#nesting += 1
    else if (closing.has(token.kind)) this.#nesting -= 1
    if (this.#nesting > maxNesting) throw tooLarge('nesting', { allowed: maxNesting })
    return token
  }
}

const opening: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L])
const closing: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R])
