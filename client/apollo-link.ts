import { type ApolloClient, ApolloLink, Observable } from '@apollo/client'
import { Kind } from 'graphql'
import type { RawAnswer } from './operation.ts'
import type { ShopClient } from './shop-client.ts'
import { ShopError } from './shop-error.ts'
import { notifications, orderUpdates } from './streams.ts'

/**
 * The terminating link of an Apollo Client: operations go through the shop client and its session, and subscriptions are
 * watches of it. `orderUpdated` and `notificationAdded` continue after the last event if the subscription selects
 * `version` or `cursor` and declares `$afterVersion` or `$after`.
 */
export const createApolloLink = (shop: ShopClient): ApolloLink => {
  const underWay = new Set<(error: ShopError) => void>()
  // n.b. at once: before Apollo's own error that comes of emptying the cache, and before the next user's first operation
  shop.onUser((_, ended) => {
    if (ended !== undefined) for (const fail of [...underWay]) fail(ended)
  })
  const watch = (operation: ApolloLink.Operation, observer: Observer) =>
    shop
      .watch<Data>({
        document: operation.query,
        variables: operation.variables,
        ...resumption(shop, operation),
      })
      .subscribe(event => observer.next(toResult(event)), end(observer))

  const operate = (operation: ApolloLink.Operation, observer: Observer) => {
    const fail = (error: ShopError): void => observer.error(error)
    underWay.add(fail)
    const ask = operation.operationType === 'mutation' ? shop.mutate : shop.query
    ask<Data>(operation.query, operation.variables)
      .then(answer => observer.next(toResult(answer)))
      .then(() => observer.complete(), end(observer))
    return () => void underWay.delete(fail)
  }
  return new ApolloLink(
    operation =>
      new Observable<ApolloLink.Result>(observer =>
        operation.operationType === 'subscription'
          ? watch(operation, observer)
          : operate(operation, observer),
      ),
  )
}

/**
 * Empties the cache of an Apollo Client whenever another user, or nobody, is signed in, until the returned function is called.
 * Nothing is read again: for that, give `client.reFetchObservableQueries` to `client.onClearStore`.
 */
export const clearCacheOnUserChange = (shop: ShopClient, client: ApolloClient): (() => void) => {
  // n.b. it is no change to find at the first look who is signed in
  let isKnown = false
  const find = () => {
    isKnown = true
  }
  shop.user().then(find, find)
  return shop.onUser(() => {
    // n.b. it fails with what is read again in onClearStore, which reports that itself
    if (isKnown) client.clearStore().catch(() => undefined)
  })
}

type Observer = {
  readonly next: (result: ApolloLink.Result) => void
  readonly error: (error: unknown) => void
  readonly complete: () => void
}

const end =
  (observer: Observer) =>
  (error?: unknown): void => {
    if (error instanceof ShopError && error.errors.length > 0)
      observer.next(toResult({ data: null, errors: error.errors }))
    else if (error !== undefined) observer.error(error)
    observer.complete()
  }

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
