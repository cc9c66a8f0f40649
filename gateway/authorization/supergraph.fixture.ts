import { composeServices } from '@apollo/composition'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import { getOperationAST, parse } from 'graphql'

const link = (...directives: readonly string[]) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ${JSON.stringify(directives)})`

const accounts = `
  ${link('@key', '@authenticated', '@requiresScopes')}
  type Query {
    me: User @authenticated
    people: [User!]
    crowd: [[User]!]
    node(id: ID!): Node
    found(text: String): [Found!]
    salary: Pay
    rank: Rank
    ledger: Ledger
    title: String
    must: Strict
    card: Card
  }
  type Mutation {
    rename(name: String!): User
    promote(id: ID!): User @requiresScopes(scopes: [["users:manage"]])
    greet: String
  }
  type Subscription { joined: User  promoted: User @requiresScopes(scopes: [["users:read"]]) }
  interface Node { id: ID! name: String! }
  union Found = User | Robot | Ledger
  type User implements Node @key(fields: "id") {
    id: ID!
    name: String!
    email: String @authenticated
    phone: String! @requiresScopes(scopes: [["users:read"]])
    notes: [String!] @requiresScopes(scopes: [["users:read", "notes:read"], ["users:manage"]])
    boss: User
    deputy: User!
  }
  type Robot implements Node { id: ID! name: String! @authenticated secret: String @authenticated model: String }
  type Card @key(fields: "code") { code: ID @authenticated }
  type Strict { certain: Strict! hidden: String! @authenticated }
  type Ledger @authenticated { total: Int balance: Int! @requiresScopes(scopes: [["ledger:read"]]) }
  scalar Pay @requiresScopes(scopes: [["users:read"]])
  enum Rank @authenticated { LOW HIGH }
`
const badges = `
  ${link('@key', '@authenticated')}
  type User @key(fields: "id") { id: ID! badges(first: Int): [String!] points: Int @authenticated }
  type Card @key(fields: "code") { code: ID level: Int }
`

/** A supergraph that asks for authority in every way it can; the subgraphs answer at these URLs. */
export const authorizedSupergraph = (urls: Readonly<Record<'accounts' | 'badges', string>>) => {
  const { supergraphSdl, errors } = composeServices([
    { name: 'accounts', url: urls.accounts, typeDefs: parse(accounts) },
    { name: 'badges', url: urls.badges, typeDefs: parse(badges) },
  ])
  if (supergraphSdl === undefined) throw new AggregateError(errors ?? [], 'the fixture does not compose')
  return supergraphSdl
}

/** The subgraphs' own schemas. */
export const authorizedSubgraphs = { accounts, badges }

/** Somebody signed in. */
export const someone = (...scopes: readonly string[]): Viewer => ({
  kind: 'user',
  id: 'ada',
  scopes,
  sessionId: 'first',
})

/** Nobody. */
export const nobody: Viewer = { kind: 'anonymous' }

/** An operation as the gateway takes it. */
export const operationIn = (query: string) => {
  const document = parse(query)
  const operation = getOperationAST(document)
  if (operation == null) throw new Error('name one operation')
  return { query, document, operation, operationName: undefined }
}
