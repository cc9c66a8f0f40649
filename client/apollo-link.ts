import { ApolloLink, Observable } from '@apollo/client'
import { Kind, print } from 'graphql'
import type { RawAnswer } from './operation.ts'
import type { ShopClient } from './shop-client.ts'
import { ShopError } from './shop-error.ts'
import { notifications, orderUpdates } from './streams.ts'

/**
 * The terminating link of an Apollo Client: operations go through the shop client and its session, and subscriptions are
 * watches of it. `orderUpdated` and `notificationAdded` continue after the last event if the subscription selects
 * `version` or `cursor` and declares `$afterVersion` or `$after`.
 */
export const createApolloLink = (shop: ShopClient): ApolloLink =>
  new ApolloLink(
    operation =>
      new Observable<ApolloLink.Result>(observer => {
        const document = print(operation.query)
        const end = (error?: unknown): void => {
          if (error instanceof ShopError && error.errors.length > 0)
            observer.next(toResult({ data: null, errors: error.errors }))
          else if (error !== undefined) observer.error(error)
          observer.complete()
        }
        if (operation.operationType !== 'subscription') {
          const operate = operation.operationType === 'mutation' ? shop.mutate : shop.query
          operate<Data>(document, operation.variables)
            .then(answer => observer.next(toResult(answer)))
            .then(() => end(), end)
          return
        }
        return shop
          .watch<Data>({ document, variables: operation.variables, ...resumption(shop, operation) })
          .subscribe(event => observer.next(toResult(event)), end)
      }),
  )

type Data = Record<string, unknown>

const toResult = ({ data, errors = [] }: RawAnswer<Data>): ApolloLink.Result => ({
  data,
  ...(errors.length > 0 && { errors: [...errors] }),
})

const resumption = (shop: ShopClient, { query }: ApolloLink.Operation) => {
  for (const definition of query.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const names = definition.selectionSet.selections.map(one => one.kind === Kind.FIELD && one.name.value)
    if (names.includes('orderUpdated')) return orderUpdates
    if (names.includes('notificationAdded')) return notifications(shop.query)
  }
  return {}
}
