import { expect, it } from 'vitest'
import * as houseRules from '../../floors.ts'
import { findImports } from './imports.ts'
import { findViolations } from './violations.ts'

const folders = new Map([
  ['@supergraph/orders', 'subgraphs/orders'],
  ['@supergraph/users', 'subgraphs/users'],
  ['@supergraph/runtime', 'packages/runtime'],
  ['@supergraph/payment-simulator', 'stand-ins/payment-simulator'],
])

/** What the rules of the house say about these files, each given by its path and its text. */
const check = (files: Readonly<Record<string, string>>): readonly string[] =>
  findViolations(findImports({ texts: new Map(Object.entries(files)), folders }), houseRules)

const empty = {
  'subgraphs/orders/server.ts': '',
  'subgraphs/orders/database/store.ts': '',
  'subgraphs/orders/domain/order.ts': '',
  'packages/runtime/uuid.ts': '',
  'stand-ins/payment-simulator/server.ts': '',
  'testbed/system.ts': '',
}

it('finds nothing in imports that run downwards', () => {
  expect(
    check({
      ...empty,
      'subgraphs/orders/server.ts': `import { store } from './database/store.ts'`,
      'subgraphs/orders/database/store.ts': `import type { Order } from '../domain/order.ts'`,
      'subgraphs/orders/domain/order.ts': `import { uuid } from '@supergraph/runtime/uuid.ts'`,
    }),
  ).toEqual([])
})

it.each([
  ['a static import', `import { start } from '@supergraph/orders/server.ts'`],
  [
    'an import over several lines',
    `import {\n  start, // it starts\n  stop,\n} from '@supergraph/orders/server.ts'`,
  ],
  ['an import of a type', `import type { Server } from '../../subgraphs/orders/server.ts'`],
  ['an import for its effect', `import '@supergraph/orders/server.ts'`],
  ['an export', `export * from '@supergraph/orders/server.ts'`],
  ['a dynamic import', `const load = () => import('@supergraph/orders/server.ts')`],
  ['an import inside a type', `type Server = typeof import("@supergraph/orders/server.ts")`],
])('finds %s upwards', (_, text) => {
  expect(check({ ...empty, 'packages/runtime/uuid.ts': text })).toEqual([
    'packages/runtime/uuid.ts imports subgraphs/orders/server.ts\n  subgraphs/orders stands above packages/runtime. Move what both need to packages/runtime or below, or pass it down as an argument',
  ])
})

it('finds an import upwards inside a subgraph', () => {
  expect(check({ ...empty, 'subgraphs/orders/domain/order.ts': `import '../database/store.ts'` })).toEqual([
    'subgraphs/orders/domain/order.ts imports subgraphs/orders/database/store.ts\n  In subgraphs/orders, database stands above domain. Move what both need to domain or below, or pass it down as an argument',
  ])
})

it('finds a subgraph that imports another one', () => {
  expect(
    check({ ...empty, 'subgraphs/users/server.ts': `import '@supergraph/orders/domain/order.ts'` }),
  ).toEqual([
    'subgraphs/users/server.ts imports subgraphs/orders/domain/order.ts\n  subgraphs/users and subgraphs/orders stand side by side. Move what both need to a lower floor, such as schema or packages, and import that instead',
  ])
})

it('finds a circle of files, even if only their types need each other', () => {
  expect(
    check({
      'gateway/a.ts': `import type { B } from './b.ts'`,
      'gateway/b.ts': `import { c } from './c.ts'`,
      'gateway/c.ts': `import { a } from './a.ts'`,
    }),
  ).toEqual([
    'gateway/a.ts → gateway/b.ts → gateway/c.ts → gateway/a.ts import each other in a circle\n  Move what they share into a file that imports none of them',
  ])
})

it('finds a circle of folders whose files make none', () => {
  expect(
    check({
      'gateway/http/in.ts': `import '../sockets/out.ts'`,
      'gateway/http/out.ts': '',
      'gateway/sockets/in.ts': `import '../http/out.ts'`,
      'gateway/sockets/out.ts': '',
    }),
  ).toEqual([
    'gateway/http → gateway/sockets → gateway/http import each other in a circle of folders\n  gateway/http/in.ts imports gateway/sockets/out.ts\n  gateway/sockets/in.ts imports gateway/http/out.ts\n  Move what they share into a file that imports none of them',
  ])
})

it('finds product code that imports a test', () => {
  expect(
    check({
      ...empty,
      'subgraphs/orders/server.ts': `import './tests/order.ts'`,
      'subgraphs/orders/tests/order.ts': '',
    }),
  ).toEqual([
    'subgraphs/orders/server.ts imports subgraphs/orders/tests/order.ts\n  The latter serves only tests. Move what both need out of it, and import that instead',
  ])
})

it('lets a test use the testbed and what stands in for the world, and no other subgraph', () => {
  const test = 'subgraphs/orders/tests/checkout.integration.test.ts'
  expect(
    check({
      ...empty,
      [test]: `import '../../../testbed/system.ts'\nimport '@supergraph/payment-simulator/server.ts'`,
    }),
  ).toEqual([])
  expect(
    check({
      ...empty,
      'subgraphs/users/server.ts': '',
      [test]: `vi.mock('@supergraph/users/server.ts', () => ({}))`,
    }),
  ).toEqual([expect.stringContaining('subgraphs/orders and subgraphs/users stand side by side')])
})

it.each([
  ['subgraphs/orders/domain/order.ts', 'typeorm', 'the domain is pure'],
  ['subgraphs/orders/domain/order.ts', 'node:fs', 'the domain is pure'],
  ['subgraphs/orders/resolvers/Query.ts', 'pg', 'a resolver asks stores and loaders'],
  ['client/session.ts', 'node:crypto', 'the client runs in browsers'],
])('lets %s not import %s', (path, specifier, reason) => {
  expect(check({ [path]: `import '${specifier}'` })).toEqual([
    expect.stringMatching(`^${path} imports ${specifier}\n  ${reason}`),
  ])
  expect(check({ [path.replace('.ts', '.test.ts')]: `import '${specifier}'` })).toEqual([])
})

it('lets the domain make ids', () => {
  expect(check({ 'subgraphs/orders/domain/order.ts': `import { randomUUID } from 'node:crypto'` })).toEqual(
    [],
  )
})

it('finds a file on no floor', () => {
  expect(check({ 'attic/box.ts': '' })).toEqual([
    'attic/box.ts stands on no floor\n  Give its folder a place in floors.ts',
  ])
})
