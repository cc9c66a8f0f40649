import { createShopClient, type ShopClient } from '@supergraph/client'
import { LoginDocument, OrderUpdatedDocument, ProductPageDocument } from '@supergraph/client/documents'
import {
  CatalogueText,
  type LoginMutation,
  LoginText,
  MeText,
  type OrderStatus,
  SalesSummaryText,
  unknownMember,
} from '@supergraph/client/operations'
import { Client, fetchExchange } from '@urql/core'

// n.b. This file is compiled, not run: in a project that has installed the client, and here.

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Takes only `true`, and only if both types are the same, so that neither is `any`. */
const same = <A, B>(_isSame: Same<A, B>): void => undefined

const refusal = (login: LoginMutation['login']): string | undefined => {
  switch (login?.__typename) {
    case 'Session':
      return undefined
    case 'InvalidCredentials':
    case 'TooManyAttempts':
    case 'TotpRequired':
      return login.message
    case undefined:
      return 'The shop does not answer.'
    default:
      return unknownMember(login).message
  }
}

const refusalWithoutCases = (login: LoginMutation['login']): string | undefined => {
  switch (login?.__typename) {
    case 'Session':
    case undefined:
      return undefined
    default:
      // @ts-expect-error the refusals have no case
      return unknownMember(login).message
  }
}

const withShopClient = async (shop: ShopClient): Promise<void> => {
  const { data } = await shop.query(CatalogueText)
  const [edge] = data.products?.edges ?? []
  same<typeof edge, NonNullable<typeof data.products>['edges'][number] | undefined>(true)
  same<
    NonNullable<typeof edge>['node']['price'],
    { readonly amountMinor: number; readonly currency: string }
  >(true)
  same<NonNullable<typeof edge>['node']['category'], string | null>(true)

  const input = { email: 'ada@example.com', password: 'a long password' }
  const login = await shop.mutate(LoginText, { input })
  same<typeof login.data, LoginMutation>(true)
  same<typeof login.data, Awaited<ReturnType<typeof parsedLogin>>>(true)
  // @ts-expect-error the variables are missing
  await shop.mutate(LoginText)
  // @ts-expect-error a password is missing
  await shop.mutate(LoginText, { input: { email: 'ada@example.com' } })
  // @ts-expect-error it is none of the orders
  await shop.query(CatalogueText, { sort: 'CHEAPEST' })
  await shop.query(CatalogueText, { after: null, first: undefined })
  await shop.query(MeText)

  const sales = await shop.query(SalesSummaryText, { from: '2026-03-01', to: '2026-03-31' })
  const [day] = sales.data.salesSummary?.days ?? []
  same<NonNullable<typeof day>['date'], string>(true)

  const watch = shop.watch({ document: OrderUpdatedDocument, variables: { orderId: 'an order' } })
  for await (const { data } of watch) {
    const status = data.orderUpdated?.order.status
    same<typeof status, OrderStatus | undefined>(true)
    // @ts-expect-error it is no status
    if (status === 'LOST') return
  }
}

const parsedLogin = async () =>
  (await shop.mutate(LoginDocument, { input: { email: '', password: '' } })).data

const withUrql = async (urql: Client): Promise<void> => {
  const parsed = await urql.query(ProductPageDocument, { sku: 'MUG-STONE-350' })
  same<NonNullable<NonNullable<typeof parsed.data>['product']>['available'], number>(true)
  const { data } = await urql.query(MeText, {})
  same<NonNullable<NonNullable<typeof data>['me']>['name'], string>(true)
  // @ts-expect-error it has no such variable
  await urql.query(ProductPageDocument, { code: 'MUG-STONE-350' })
}

const shop = createShopClient({ url: '/graphql' })
const urql = new Client({ url: '/graphql', preferGetMethod: false, exchanges: [fetchExchange] })
export const uses = [withShopClient(shop), withUrql(urql), refusal, refusalWithoutCases]
