import type { Example } from './example-graph.ts'

type Reference = { readonly id: string }

const media = [
  { __typename: 'Book', id: '1', title: 'A book', size: 0, label: 'heavy', authors: ['ada', 'alan'] },
  { __typename: 'Film', id: '2', title: '', size: 'wide', label: false, authors: [] },
  { __typename: 'Book', id: '3', title: 'Another', size: 12, label: null, authors: ['nobody', 'ada'] },
]
const mediaOf = (id: string) => media.find(each => each.id === id)

const library: Example = {
  sdl: `
    type Query { media: [Media!]! shelves: [[Media]!] hit(id: ID!): Hit hits: [Hit!] book(id: ID!): Book page(first: Int): [Book!]! }
    interface Media @key(fields: "id") { id: ID! title: String! creators: [User!] }
    type Book implements Media @key(fields: "id") {
      id: ID! title: String! creators: [User!] size: Int label: String weight: Int! cover: Cover
    }
    type Film implements Media @key(fields: "id") { id: ID! title: String! creators: [User!] size: String label: Boolean }
    type Cover { url: String! of: Media }
    union Hit = Book | Film | User
    type User @key(fields: "id", resolvable: false) { id: ID! }
  `,
  resolvers: {
    Query: {
      media: () => media,
      shelves: () => [[media[0], null, media[1]], [], [media[2], media[0]]],
      hit: (_: unknown, { id }: Reference) => mediaOf(id) ?? { __typename: 'User', id },
      hits: () => [media[1], { __typename: 'User', id: 'ada' }, media[0]],
      book: (_: unknown, { id }: Reference) => mediaOf(id),
      page: (_: unknown, { first }: { readonly first?: number }) =>
        media.filter(({ __typename }) => __typename === 'Book').slice(0, first ?? 1),
    },
    Book: {
      weight: ({ id }: Reference) => Number(id) * 10,
      cover: (book: Reference) => (book.id === '3' ? null : { url: `/covers/${book.id}`, of: book }),
      creators: ({ authors }: (typeof media)[number]) => authors.map(id => ({ id })),
    },
    Film: { creators: () => null },
  },
  references: {
    Media: ({ id }) => mediaOf(id),
    Book: ({ id }) => mediaOf(id),
    Film: ({ id }) => mediaOf(id),
  },
}

const reviews: Example = {
  sdl: `
    type Query { best: Media latest: [Review!]! }
    type Media @key(fields: "id") @interfaceObject { id: ID! rating: Float reviews(first: Int): [Review!]! }
    type Review { body: String author: User about: Media }
    type User @key(fields: "id") { id: ID! name: String! @external card: String @requires(fields: "name") }
  `,
  resolvers: {
    Query: {
      best: () => ({ id: '2' }),
      latest: () => ['1', '2'].map(id => ({ body: `of ${id}`, author: { id: 'ada' }, about: { id } })),
    },
    Media: {
      rating: ({ id }: Reference) => (id === '1' ? 0 : Number(id) / 2),
      reviews: ({ id }: Reference, { first = 1 }: { readonly first?: number }) =>
        Array.from({ length: first }, (_, index) => ({
          body: `${index} of ${id}`,
          author: index === 1 ? null : { id: 'alan' },
        })),
    },
    User: { card: ({ name }: { readonly name: string }) => `Card of ${name}` },
  },
}

const shipping: Example = {
  sdl: `type Book @key(fields: "id") { id: ID! weight: Int! @external postage: String @requires(fields: "weight") }`,
  resolvers: { Book: { postage: ({ weight }: { readonly weight: number }) => `${weight} g` } },
}

const people: Readonly<Record<string, object>> = {
  ada: { id: 'ada', name: 'Ada', email: 'ada@example.com' },
  alan: { id: 'alan', name: 'Alan', email: null },
}

const users: Example = {
  sdl: `
    type Query { user(id: ID!): User everybody(representations: Int, first: Int): [User!] }
    type User @key(fields: "id") { id: ID! name: String! email: String friends(first: Int): [User!]! extra: Extra kind: Kind }
    scalar Extra
    enum Kind { READER WRITER }
  `,
  resolvers: {
    Query: {
      user: (_: unknown, { id }: Reference) => people[id],
      everybody: (_: unknown, { representations = 2 }: { readonly representations?: number }) =>
        Object.values(people).slice(0, representations),
    },
    User: {
      friends: (_: unknown, { first = 2 }: { readonly first?: number }) =>
        Object.values(people).slice(0, first),
      extra: () => ({ since: '2020-02-29T00:00:00Z', list: [1, [null, 'a']] }),
      kind: ({ id }: Reference) => (id === 'ada' ? 'WRITER' : 'READER'),
    },
  },
  references: { User: ({ id }) => people[id] },
}

/** Subgraphs in which the same things are asked for in several ways. */
export const libraryExamples = { library, reviews, shipping, users }
