import type { IncomingMessage, ServerResponse } from 'node:http'
import { readRecordedOperations } from '@supergraph/schema/recorded-operations.ts'
import { docAt } from './docs.ts'
import { createDoor, type Neighbours } from './door.ts'
import { createGraphiql } from './graphiql.ts'

type Send = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

/** The pages for people: a door that leads to everything, GraphiQL, Apollo Sandbox and the docs. */
export type Explorers = {
  /** What sends the page at an address, if there is one. */
  readonly at: (path: string) => Promise<Send | undefined>
  /** Sends the page that a browser sees at the endpoint of programs. */
  readonly sendAtEndpoint: Send
}

export const createExplorers = (neighbours: Neighbours): Explorers => {
  const sandboxDocument = readRecordedOperations().find(text => text.startsWith('query Catalogue')) ?? ''
  const { sendDoor, sendDoorWithSandbox } = createDoor(neighbours, sandboxDocument)
  const graphiqlAt = createGraphiql(neighbours.demo)
  return {
    at: async path => (path === '/' ? sendDoor : (docAt(path) ?? (await graphiqlAt(path)))),
    sendAtEndpoint: sendDoorWithSandbox,
  }
}
