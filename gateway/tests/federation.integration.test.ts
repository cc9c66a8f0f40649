import { expect, it } from 'vitest'
import { startFederatedGateway } from './federated-gateway.ts'

type Reference = { readonly id: string }

const catalog = {
  sdl: `
    type Query { product(id: ID!): Product products: [Product!]! }
    type Product @key(fields: "id") { id: ID! name: String! weight: Int! size: Size }
    type Size @shareable { width: Int! height: Int! }
  `,
  resolvers: {
    Query: {
      product: (_: unknown, { id }: Reference) => productOf(id),
      products: () => ['1', '2', '3'].map(id => productOf(id)),
    },
    Product: { __resolveReference: ({ id }: Reference) => productOf(id) },
  },
}
const productOf = (id: string) => ({
  id,
  name: `Product ${id}`,
  weight: Number(id) * 10,
  size: id === '2' ? null : { width: Number(id), height: 7 },
})

it('brings a subgraph what its field requires of another one, nested fields and nulls included', async () => {
  const { ask, asked } = await startFederatedGateway({
    catalog,
    shipping: {
      sdl: `
        type Product @key(fields: "id") {
          id: ID! weight: Int! @external size: Size @external
          shipping: String! @requires(fields: "weight size { height width }")
        }
        type Size @shareable { width: Int! height: Int! }
      `,
      resolvers: {
        Product: {
          __resolveReference: (reference: object) => reference,
          shipping: ({ weight, size }: ReturnType<typeof productOf>) =>
            `${weight} kg, ${size === null ? 'no size' : `${size.width} x ${size.height}`}`,
        },
      },
    },
  })
  expect(await ask('{ products { name shipping } }')).toEqual({
    data: {
      products: [
        { name: 'Product 1', shipping: '10 kg, 1 x 7' },
        { name: 'Product 2', shipping: '20 kg, no size' },
        { name: 'Product 3', shipping: '30 kg, 3 x 7' },
      ],
    },
  })
  expect(asked('shipping')).toEqual([
    {
      representations: [
        { __typename: 'Product', id: '1', weight: 10, size: { width: 1, height: 7 } },
        { __typename: 'Product', id: '2', weight: 20, size: null },
        { __typename: 'Product', id: '3', weight: 30, size: { width: 3, height: 7 } },
      ],
    },
  ])
})

const users = {
  sdl: `
    type Query { user(id: ID!): User }
    type User @key(fields: "id") { id: ID! name: String! @shareable email: String }
  `,
  resolvers: {
    Query: { user: (_: unknown, { id }: Reference) => userOf(id) },
    User: { __resolveReference: ({ id }: Reference) => userOf(id) },
  },
}
const userOf = (id: string) => ({ id, name: `User ${id}`, email: `${id}@example.com` })

const reviews = {
  sdl: `
    type Query { latest: [Review!]! }
    type Review @key(fields: "id") { id: ID! body: String! author: User @provides(fields: "name") writer: User }
    type User @key(fields: "id") { id: ID! name: String! @external }
  `,
  resolvers: {
    Query: {
      latest: () =>
        ['ada', 'grace'].map(id => ({
          id: `by ${id}`,
          body: 'Good.',
          author: { id, name: `${id}, as the review says` },
          writer: { id },
        })),
    },
  },
}

it('takes from a subgraph what it provides of an entity of another one, and asks the other one for the rest', async () => {
  const { ask, asked } = await startFederatedGateway({ users, reviews })
  expect(await ask('{ latest { author { name } } }')).toEqual({
    data: {
      latest: [
        { author: { name: 'ada, as the review says' } },
        { author: { name: 'grace, as the review says' } },
      ],
    },
  })
  expect(asked('users')).toEqual([])
  expect(await ask('{ latest { writer { name } author { email } } }')).toEqual({
    data: {
      latest: [
        { writer: { name: 'User ada' }, author: { email: 'ada@example.com' } },
        { writer: { name: 'User grace' }, author: { email: 'grace@example.com' } },
      ],
    },
  })
  expect(asked('users').length).toBeGreaterThan(0)
})

it('asks for an overridden field the subgraph that it has moved to', async () => {
  const old = {
    sdl: `
      type Query { product(id: ID!): Product }
      type Product @key(fields: "id") { id: ID! price: Int label: String! }
    `,
    resolvers: {
      Query: { product: (_: unknown, { id }: Reference) => ({ id, price: 1, label: 'old' }) },
    },
  }
  const pricing = {
    sdl: `type Product @key(fields: "id") { id: ID! price: Int @override(from: "old") }`,
    resolvers: { Product: { __resolveReference: ({ id }: Reference) => ({ id, price: 2 }) } },
  }
  const { ask, asked } = await startFederatedGateway({ old, pricing })
  expect(await ask('{ product(id: "7") { label price } }')).toEqual({
    data: { product: { label: 'old', price: 2 } },
  })
  expect(asked('pricing')).toEqual([{ representations: [{ __typename: 'Product', id: '7' }] }])
})

const books = [
  { __typename: 'Book', id: '1', title: 'A book', pages: 300 },
  { __typename: 'Film', id: '2', title: 'A film', minutes: 90.5 },
]
const mediaLibrary = {
  sdl: `
    type Query { media: [Media!]! }
    interface Media @key(fields: "id") { id: ID! title: String! }
    type Book implements Media @key(fields: "id") { id: ID! title: String! pages: Int! }
    type Film implements Media @key(fields: "id") { id: ID! title: String! minutes: Float! }
  `,
  resolvers: {
    Query: { media: () => books },
    Media: { __resolveReference: ({ id }: Reference) => books.find(media => media.id === id) },
    Book: { __resolveReference: ({ id }: Reference) => books.find(media => media.id === id) },
    Film: { __resolveReference: ({ id }: Reference) => books.find(media => media.id === id) },
  },
}
const ratings = {
  sdl: `
    type Query { best: Media }
    type Media @key(fields: "id") @interfaceObject { id: ID! rating: Float! }
  `,
  resolvers: {
    Query: { best: () => ({ id: '2', rating: 5 }) },
    Media: { __resolveReference: ({ id }: Reference) => ({ id, rating: Number(id) + 0.5 }) },
  },
}

it('adds the fields of an interface object to whatever implements the interface', async () => {
  const { ask, asked } = await startFederatedGateway({ mediaLibrary, ratings })
  expect(await ask('{ media { __typename title rating ... on Book { pages } } }')).toEqual({
    data: {
      media: [
        { __typename: 'Book', title: 'A book', rating: 1.5, pages: 300 },
        { __typename: 'Film', title: 'A film', rating: 2.5 },
      ],
    },
  })
  expect(asked('ratings')).toEqual([
    {
      representations: [
        { __typename: 'Media', id: '1' },
        { __typename: 'Media', id: '2' },
      ],
    },
  ])
})

it('finds out the type behind an interface object that a subgraph gives', async () => {
  const { ask } = await startFederatedGateway({ mediaLibrary, ratings })
  expect(await ask('{ best { __typename rating ... on Film { minutes } ... on Book { pages } } }')).toEqual({
    data: { best: { __typename: 'Film', rating: 5, minutes: 90.5 } },
  })
})

it('asks nobody for the type behind an interface object if nothing depends on it', async () => {
  const { ask, asked } = await startFederatedGateway({ mediaLibrary, ratings })
  expect(await ask('{ best { rating } }')).toEqual({ data: { best: { rating: 5 } } })
  expect(asked('mediaLibrary')).toEqual([])
})

it('keeps the type of an object to which the subgraph of an interface object adds fields', async () => {
  const { ask } = await startFederatedGateway({ mediaLibrary, ratings })
  const query = `query ($short: Boolean!) {
    media { ... on Book { rating pages @skip(if: $short) } ... on Film { rating minutes __typename } }
  }`
  expect(await ask(query, { short: false })).toEqual({
    data: {
      media: [
        { rating: 1.5, pages: 300 },
        { rating: 2.5, minutes: 90.5, __typename: 'Film' },
      ],
    },
  })
})

it('joins by an inaccessible key, and lets no client ask for it', async () => {
  const orders = {
    sdl: `
      type Query { order: Order }
      type Order { customer: Customer }
      type Customer @key(fields: "number") { number: Int! @inaccessible }
    `,
    resolvers: { Query: { order: () => ({ customer: { number: 12 } }) } },
  }
  const customers = {
    sdl: `
      type Query { anyone: String }
      type Customer @key(fields: "number") { number: Int! @inaccessible name: String! level: Level }
      enum Level { GOLD SECRET @inaccessible }
    `,
    resolvers: {
      Customer: {
        __resolveReference: ({ number }: { readonly number: number }) => ({
          name: `Customer ${number}`,
          level: number === 12 ? 'SECRET' : 'GOLD',
        }),
      },
    },
  }
  const { ask } = await startFederatedGateway({ orders, customers })
  expect(await ask('{ order { customer { name } } }')).toEqual({
    data: { order: { customer: { name: 'Customer 12' } } },
  })
  expect((await ask('{ order { customer { level } } }')).data).toEqual({
    order: { customer: { level: null } },
  })
  expect((await ask('{ order { customer { number } } }')).errors?.[0]?.extensions).toEqual({
    code: 'GRAPHQL_VALIDATION_FAILED',
  })
})

it('completes the members of a union in the subgraphs that know them', async () => {
  const search = {
    sdl: `
      type Query { found: [Hit] }
      union Hit = Product | User | Page
      type Page { url: String! }
      type Product @key(fields: "id", resolvable: false) { id: ID! }
      type User @key(fields: "id", resolvable: false) { id: ID! }
    `,
    resolvers: {
      Query: {
        found: () => [
          { __typename: 'Product', id: '3' },
          { __typename: 'Page', url: '/help' },
          null,
          { __typename: 'User', id: 'ada' },
          { __typename: 'Product', id: '1' },
        ],
      },
    },
  }
  const { ask, asked } = await startFederatedGateway({ search, catalog, users })
  const query =
    '{ found { __typename ... on Product { name } ... on User { label: name } ... on Page { url } } }'
  expect(await ask(query)).toEqual({
    data: {
      found: [
        { __typename: 'Product', name: 'Product 3' },
        { __typename: 'Page', url: '/help' },
        null,
        { __typename: 'User', label: 'User ada' },
        { __typename: 'Product', name: 'Product 1' },
      ],
    },
  })
  expect(asked('users')).toEqual([{ representations: [{ __typename: 'User', id: 'ada' }] }])
})

it('completes what implements an interface in the subgraphs that know it', async () => {
  const feed = {
    sdl: `
      type Query { feed: [[Item!]!]! }
      interface Item { id: ID! owner: User }
      type Post implements Item { id: ID! owner: User text: String! }
      type Product implements Item @key(fields: "id") { id: ID! owner: User }
      type User @key(fields: "id", resolvable: false) { id: ID! }
    `,
    resolvers: {
      Query: {
        feed: () => [
          [{ __typename: 'Post', id: 'p', text: 'Hello', owner: { id: 'ada' } }],
          [],
          [
            { __typename: 'Product', id: '2', owner: { id: 'grace' } },
            { __typename: 'Product', id: '3', owner: null },
          ],
        ],
      },
    },
  }
  const { ask } = await startFederatedGateway({ feed, catalog, users })
  expect(
    await ask('{ feed { id owner { name } ... on Product { name weight } ... on Post { text } } }'),
  ).toEqual({
    data: {
      feed: [
        [{ id: 'p', owner: { name: 'User ada' }, text: 'Hello' }],
        [],
        [
          { id: '2', owner: { name: 'User grace' }, name: 'Product 2', weight: 20 },
          { id: '3', owner: null, name: 'Product 3', weight: 30 },
        ],
      ],
    },
  })
})
