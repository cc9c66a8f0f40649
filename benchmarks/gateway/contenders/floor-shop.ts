import type { ClientRequest } from '../graphs/graph.ts'

/** Sends a body to a subgraph, and gives the parsed answer, which nothing checks. */
export type AskSubgraph = <Data>(subgraph: string, body: string) => Promise<{ readonly data: Data }>

type Ref = { readonly __typename: string; readonly id: string }
type Entity = { readonly id?: string }
type Order = {
  readonly customer: Ref
  readonly items: readonly { readonly product: Ref }[]
}
type Orders = {
  readonly orders: { readonly edges: readonly { readonly node: Order }[]; readonly pageInfo: unknown }
}

const orderFields =
  'id number status placedAt total{amountMinor currency}customer{__typename id}items{quantity lineTotal{amountMinor currency}product{__typename id}}'
const documents = {
  products:
    'query Products__products__0($first:Int!,$after:String){products(first:$first,after:$after){edges{cursor node{id sku name price{amountMinor currency}available inStock}}pageInfo{hasNextPage endCursor}}}',
  order: `query Order__orders__0($id:ID!){order(id:$id){${orderFields}}}`,
  orders: `query Orders__orders__0($first:Int!,$after:String){orders(first:$first,after:$after){edges{node{${orderFields}}}pageInfo{hasNextPage endCursor}}}`,
  users:
    'query Users__1($representations:[_Any!]!){_entities(representations:$representations){...on User{name email}}}',
  productEntities:
    'query Products__2($representations:[_Any!]!){_entities(representations:$representations){...on Product{sku name price{amountMinor currency}}}}',
} as const

const headOf = (query: string) => `{"query":${JSON.stringify(query)},"variables":`
const heads = {
  products: headOf(documents.products),
  order: headOf(documents.order),
  orders: headOf(documents.orders),
  users: headOf(documents.users),
  productEntities: headOf(documents.productEntities),
} as const

/** Answers an operation of the shop with the same calls as a gateway, by hand. */
export const answerShop = async (
  { operationName, variables }: ClientRequest,
  ask: AskSubgraph,
): Promise<unknown> => {
  const text = JSON.stringify(variables)
  if (operationName === 'Products') return ask('products', `${heads.products}${text}}`)
  if (operationName === 'Order') {
    const { data } = await ask<{ readonly order: Order }>('orders', `${heads.order}${text}}`)
    const [order] = await complete([data.order], ask)
    return { data: { order } }
  }
  const { data } = await ask<Orders>('orders', `${heads.orders}${text}}`)
  const { edges, pageInfo } = data.orders
  const orders = await complete(
    edges.map(({ node }) => node),
    ask,
  )
  return { data: { orders: { edges: orders.map(node => ({ node })), pageInfo } } }
}

/** Puts customers and products into orders, each of them asked for once. */
const complete = async (orders: readonly Order[], ask: AskSubgraph): Promise<readonly unknown[]> => {
  const [customers, products] = await Promise.all([
    load(
      'users',
      heads.users,
      orders.map(({ customer }) => customer),
      ask,
    ),
    load(
      'products',
      heads.productEntities,
      orders.flatMap(({ items }) => items.map(({ product }) => product)),
      ask,
    ),
  ])
  return orders.map(order => ({
    ...order,
    customer: customers.get(order.customer.id),
    items: order.items.map(item => ({ ...item, product: products.get(item.product.id) })),
  }))
}

const load = async (subgraph: string, head: string, refs: readonly Ref[], ask: AskSubgraph) => {
  const distinct = new Map(refs.map(ref => [ref.id, ref]))
  const ids = [...distinct.keys()]
  const body = `${head}{"representations":${JSON.stringify([...distinct.values()])}}}`
  const { data } = await ask<{ readonly _entities: readonly Entity[] }>(subgraph, body)
  return new Map(ids.map((id, index) => [id, { id, ...data._entities[index] }]))
}
