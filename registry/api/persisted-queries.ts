import { z } from 'zod'
import type { Grant } from '../database/key-store.ts'
import { addOperations, countOperations, findContradictions } from '../database/operation-store.ts'
import { Refusal } from '../refusal.ts'
import { storedText } from '../stored-text.ts'
import { demandRole } from './caller.ts'
import type { Services } from './services.ts'

/** n.b. rover publishes into a list that has been made before. Each graph has one: what its clients send. */
export const operationList = { id: 'operations', name: 'operations' } as const

/** The list of a graph's operations; throws a Refusal if the id is not its id. */
export const findOperationList = (id: string): typeof operationList => {
  if (id !== operationList.id)
    throw new Refusal(
      'NOT_FOUND',
      `there is no list ${id}: each graph has one, whose id is ${operationList.id}`,
    )
  return operationList
}

// n.b. PostgreSQL keeps no index of longer keys
const maxNameLength = 500

const published = z.object({
  operations: z
    .array(z.object({ id: storedText(maxNameLength), name: storedText(maxNameLength), body: storedText() }))
    .nullish(),
})

/** A PersistedQueryListMutation of the API. */
export const createListMutation = ({ database, composer }: Services, caller: Grant, id: string) => {
  findOperationList(id)
  return {
    publishOperations: async (given: unknown) => {
      demandRole(caller, 'publish')
      const operations = published.parse(given).operations ?? []
      await composer.demandGraphql(operations.map(({ body }) => ({ what: 'an operation', text: body })))
      return database.transaction(async manager => {
        const [contradiction] = await findContradictions(manager, caller.graph, operations)
        if (contradiction !== undefined)
          return {
            __typename: 'CannotModifyOperationBodyError',
            message: `${contradiction.id} is known with another body: an operation that changes needs another id`,
          }
        const before = await countOperations(manager, caller.graph)
        const added = await addOperations(manager, caller.graph, operations)
        return {
          __typename: 'PublishOperationsResult',
          unchanged: added === 0,
          build: {
            revision: before + added,
            list: operationList,
            publish: {
              operationCounts: {
                added,
                identical: operations.length - added,
                updated: 0,
                unaffected: before + added - operations.length,
                removed: 0,
              },
            },
          },
        }
      })
    },
  }
}
