import { type Family, nested, operation, productLeaves, times } from './payload.ts'

const pageSizes = [5, 20, 50, 100] as const

const everyOrder =
  'id number status placedAt total { amountMinor currency } items { productName sku quantity lineTotal { amountMinor } } timeline { status at reason }'

/** Documents that nest: pages, fragments, brackets. */
export const depths = {
  'pages inside pages': (count, { random }) => {
    const first = random.pick(pageSizes)
    const open = `orders(first: ${first}) { edges { node { id customer { `
    return operation(`{ me { ${nested(count, open, 'name', ' } } } }')} } }`)
  },
  'pages inside pages by variables': (count, { random }) => {
    const variables = { first: random.pick(pageSizes) }
    const open = 'orders(first: $first) { edges { node { id customer { '
    return operation(`query ($first: Int!) { me { ${nested(count, open, 'name', ' } } } }')} } }`, {
      variables,
    })
  },
  'pages inside pages by defaults': (count, { random }) => {
    const open = 'orders(first: $first) { edges { node { id customer { '
    return operation(
      `query ($first: Int = ${random.pick(pageSizes)}) { me { ${nested(count, open, 'name', ' } } } }')} } }`,
    )
  },
  'pages without a size': count =>
    operation(`{ me { ${nested(count, 'orders { edges { node { id customer { ', 'name', ' } } } }')} } }`),
  'notifications inside orders': (count, { random }) => {
    const first = random.pick(pageSizes)
    const open = `orders(first: ${first}) { edges { node { customer { notifications(first: ${first}) { edges { node { order { customer { `
    return operation(`{ me { ${nested(count, open, 'name', ' } } } } } } } } }')} } }`)
  },
  'the largest page of orders': (count, { random }) =>
    operation(
      `query ($first: Int) { me { ${times(count, index => `a${index}: orders(first: $first) { edges { node { ${everyOrder} items { product { ${productLeaves} } } } } }`)} } }`,
      { variables: { first: random.pick(pageSizes) } },
    ),
  'a subscription with pages': (count, { random, targets: { orderIds } }) => {
    const open = `customer { orders(first: ${random.pick(pageSizes)}) { edges { node { `
    return operation(
      `subscription { orderUpdated(orderId: "${orderIds[0]}") { order { ${nested(count, open, 'id', ' } } } }')} } } }`,
    )
  },
  'unknown fields in each other': count => operation(nested(count, '{a', '', '}')),
  'inline fragments in each other': count => operation(`{ ${nested(count, '... { ', '__typename', ' }')} }`),
  'typed inline fragments in each other': count =>
    operation(`{ ${nested(count, '... on Query @include(if: true) { ', 'me { id }', ' }')} }`),
  'fragments that double': count =>
    operation(
      `{ ...F0 } ${times(count, index => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`)} fragment F${count} on Query { me { id } }`,
    ),
  'fragments with fields that double': count =>
    operation(
      `{ me { ...F0 } } ${times(count, index => `fragment F${index} on User { a${index}: name ...F${index + 1} ... on User { ...F${index + 1} } }`)} fragment F${count} on User { id }`,
    ),
  'a chain of fragments': count =>
    operation(
      `{ ...F0 } ${times(count, index => `fragment F${index} on Query { ...F${index + 1} }`)} fragment F${count} on Query { me { id } }`,
    ),
  'a circle of fragments': count =>
    operation(
      `{ ...F0 } ${times(count, index => `fragment F${index} on Query { ...F${(index + 1) % count} }`)}`,
    ),
  'lists in each other': count => operation(`{ product(id: ${nested(count, '[', '', ']')}) { id } }`),
  'objects in each other': count =>
    operation(`{ products(filter: ${nested(count, '{a:', '1', '}')}) { edges { node { id } } } }`),
  'list types in each other': count =>
    operation(`query ($v: ${nested(count, '[', 'Int', ']')}) { __typename }`),
  'brackets that never close': (count, { random }) =>
    operation(random.pick(['{', '[', '(', '{a(b:[', '{...{', 'query($a:[']).repeat(count)),
} satisfies Record<string, Family>
