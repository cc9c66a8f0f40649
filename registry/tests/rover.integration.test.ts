import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readRoverConfig } from '@supergraph/composition/rover-config.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findRover } from '../../testbed/rover.ts'
import type { ProgramRun } from '../../testbed/run-program.ts'
import { addGraph } from '../database/graph-store.ts'
import { listKeys, revokeKey } from '../database/key-store.ts'
import { addUsage } from '../database/usage-store.ts'
import { startTestRegistry } from './registry-under-test.ts'

const rover = await findRover()

const root = join(import.meta.dirname, '..', '..')
const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])'
const users = `${link}
type Query { me: User }
type User @key(fields: "id") { id: ID! name: String! email: String }
`
const orders = `${link}
type User @key(fields: "id") { id: ID! orders: [Order!] }
type Order { id: ID! total: Int! }
`

const ended = (status: number, text: string): ProgramRun => ({
  status,
  output: expect.stringContaining(text),
})

describe.runIf(rover !== undefined)('the unmodified rover', () => {
  let registry: Awaited<ReturnType<typeof startTestRegistry>>
  const run = (...args: readonly string[]) => registry.rover(args)

  beforeAll(async () => {
    registry = await startTestRegistry(rover)
  })
  afterAll(() => registry.stop())

  const withSchema = (command: string, ref: string, name: string, sdl: string) => [
    ...['subgraph', command, ref, '--name', name],
    ...['--schema', registry.write(`${name}.graphql`, sdl)],
  ]
  const publish = (
    name: string,
    sdl: string,
    { ref = 'shop@current', options = [] as readonly string[], key = registry.key } = {},
  ) => {
    const url = ['--routing-url', `http://${name}.example/graphql`]
    return registry.rover([...withSchema('publish', ref, name, sdl), ...url, ...options], key)
  }
  const check = (name: string, sdl: string, ref = 'shop@current', ...options: readonly string[]) =>
    run(...withSchema('check', ref, name, sdl), ...options)

  it('publishes subgraphs, and says what that did to the supergraph', async () => {
    const created = await publish('users', users)
    expect(created).toEqual(ended(0, "A new subgraph called 'users' was created in 'shop@current'"))
    expect(created.output).toContain("The supergraph schema for 'shop@current' was updated")
    expect(created.output).toContain('shop@current is at version 1.')
    expect(await publish('orders', orders)).toEqual(ended(0, 'shop@current is at version 2.'))
    const same = await publish('orders', orders)
    expect(same).toEqual(ended(0, "The 'orders' subgraph was NOT updated because no changes were detected"))
    expect(same.output).toContain('shop@current is at version 2.')
  })

  it('publishes what does not compose, and leaves the supergraph as it was', async () => {
    const before = await run('supergraph', 'fetch', 'shop@current')
    const broken = await publish('orders', orders.replace('Int!', 'Money!'))
    expect(broken).toEqual(
      ended(0, "The supergraph schema for 'shop@current' was NOT updated with a new schema"),
    )
    expect(broken.output).toContain('INVALID_GRAPHQL: [orders] Unknown type Money')
    expect(await run('subgraph', 'fetch', 'shop@current', '--name', 'orders')).toEqual(
      ended(0, 'total: Money!'),
    )
    expect(await run('supergraph', 'fetch', 'shop@current')).toEqual(before)
    expect(await publish('orders', orders)).toEqual(ended(0, 'shop@current is at version 4.'))
    expect(await run('supergraph', 'fetch', 'shop@current')).toEqual(before)
  })

  it('publishes nothing that is no GraphQL, and names the line', async () => {
    expect(await publish('orders', `${link}\ntype {`)).toEqual(
      ended(
        1,
        'the schema of orders is no GraphQL: Syntax Error: Expected Name, found "{". (line 2, column 6)',
      ),
    )
  })

  it('publishes nothing of more than 8 MB', async () => {
    const huge = `"""${'x'.repeat(9 * 1024 * 1024)}""" type Query { a: Int }`
    expect(await publish('huge', huge)).toEqual(ended(1, 'The body is larger than 8388608 bytes'))
  })

  it('lists and fetches what was published', async () => {
    const listed = await run('subgraph', 'list', 'shop@current')
    expect(listed.output).toMatch(/orders +┆ http:\/\/orders\.example\/graphql +┆ 20\d\d-/)
    expect(listed.output).toMatch(/users +┆ http:\/\/users\.example\/graphql/)
    expect(listed.status).toBe(0)
    const fetched = await run('subgraph', 'fetch', 'shop@current', '--name', 'users')
    expect(fetched).toEqual(ended(0, users))
    const missing = await run('subgraph', 'fetch', 'shop@current', '--name', 'carts')
    expect(missing).toEqual(ended(1, 'valid subgraphs: [orders, users]'))
    expect(await run('graph', 'fetch', 'shop@current')).toEqual(ended(0, 'type User {\n  id: ID!'))
    expect(await run('supergraph', 'fetch', 'shop@current')).toEqual(
      ended(0, 'ORDERS @join__graph(name: "orders"'),
    )
  })

  it('checks a proposal without change', async () => {
    expect(await check('users', users)).toEqual(ended(0, 'There were no changes detected'))
  })

  it('fails a check of what does not compose, and one of what breaks clients', async () => {
    const uncomposed = await check('users', users.replace('email: String', 'email: Address'))
    expect(uncomposed).toEqual(ended(1, 'error[E029]: Encountered 1 build error'))
    expect(uncomposed.output).toContain('INVALID_GRAPHQL: [users] Unknown type Address')
    expect(await check('users', 'type {')).toEqual(ended(1, 'found "{". (line 1, column 6)'))
    const breaking = await check('users', users.replace('email: String', ''))
    expect(breaking).toEqual(
      ended(1, 'error[E043]: The changes in the schema you proposed caused operation checks'),
    )
    expect(breaking.output).toMatch(
      /FAIL +┆ FIELD_REMOVED +┆ Field 'email' was removed from object type 'User'/,
    )
  })

  it('tells in a check what lint finds in what the change adds', async () => {
    const added = await check('users', users.replace('email: String', 'email: String phone: String'))
    expect(added).toEqual(ended(0, 'Linter Check [PASSED]'))
    expect(added.output).toMatch(/WARNING +┆ User\.phone +┆ 3 +┆ User\.phone has no description/)
    expect(added.output).not.toContain('User.email has')
    const named = await check('users', users.replace('email: String', 'email: String Phone: String'))
    expect(named).toEqual(ended(1, 'Linter Check [FAILED]'))
    expect(named.output).toMatch(/ERROR +┆ User\.Phone +┆ 3 +┆ User\.Phone should be written like/)
  })

  it('checks in the background, for people to read later', async () => {
    const begun = await check('users', users.replace('email: String', ''), 'shop@current', '--background')
    expect(begun).toEqual(ended(0, 'Check successfully started with workflow ID: '))
    const [url = ''] = /http:\S+\/checks\/\S+/.exec(begun.output) ?? []
    expect(await (await fetch(url)).text()).toMatch(/^FAIL {2}FIELD_REMOVED {2}User\.email {2}/m)
  })

  it('publishes nothing whose check fails, if asked to check first', async () => {
    const refused = await publish('users', users.replace('email: String', ''), { options: ['--check'] })
    expect(refused).toEqual(ended(1, 'FIELD_REMOVED'))
    expect(await run('subgraph', 'fetch', 'shop@current', '--name', 'users')).toEqual(
      ended(0, 'email: String'),
    )
  })

  it('lints a schema, without what was wrong before if it is told so', async () => {
    const lint = (sdl: string, ...options: readonly string[]) =>
      run(...withSchema('lint', 'shop@current', 'users', sdl), ...options)
    const named = await lint(users.replace('email: String', 'E_MAIL: String'))
    expect(named).toEqual(ended(1, 'User.E_MAIL should be written like orderLine'))
    expect(named.output).toContain('users.graphql:3:54')
    expect(await lint(users)).toEqual(ended(0, 'WARNING: User.name has no description'))
    expect(await lint(users, '--ignore-existing-lint-violations')).toEqual(ended(0, ''))
    const file = registry.write('whole.graphql', 'type Query { getUser: Int }')
    expect(await run('graph', 'lint', 'shop@current', '--schema', file)).toEqual(
      ended(1, 'Query.getUser should be named after what it gives'),
    )
  })

  it('validates the operations of a client', async () => {
    registry.write('client-good.graphql', 'query Good { me { name } }')
    const folder = dirname(registry.write('client-bad.graphql', 'query Bad { me { phone } }'))
    const checkClient = (...include: readonly string[]) =>
      run('client', 'check', 'shop@current', '--root-dir', folder, '--include', ...include)
    expect(await checkClient('client-good.graphql')).toEqual(ended(0, 'Validated 1 operations'))
    expect(await checkClient('client-*.graphql')).toEqual(
      ended(1, 'FAILURE Cannot query field "phone" on type "User".'),
    )
  })

  it('publishes a known subgraph without its address, and asks for the one of a new subgraph', async () => {
    const withoutUrl = (name: string) => run(...withSchema('publish', 'shop@current', name, users))
    expect(await withoutUrl('users')).toEqual(ended(0, 'no changes were detected'))
    expect(await withoutUrl('carts')).toEqual(ended(1, 'routing URL'))
  })

  it('says whose key it has', async () => {
    expect((await run('config', 'whoami')).output).toMatch(/Graph ID +┆ shop/)
  })

  it.each([
    ['a key that is not known', 'service:shop:wrong', 'the registry does not know this key'],
    ['a key of another form', 'wrong', 'the registry does not know this key'],
  ])('is refused with %s, and says so', async (_title, key, message) => {
    for (const command of [
      'subgraph list shop@current',
      'subgraph fetch shop@current --name users',
      'supergraph fetch shop@current',
      'config whoami',
    ])
      expect(await registry.rover(command.split(' '), key)).toEqual(ended(1, message))
    const fetched = await registry.rover(['graph', 'fetch', 'shop@current'], key)
    expect(fetched).toEqual(
      ended(1, 'Make sure your graph name is typed correctly, and that your API key is valid.'),
    )
  })

  it('is refused with a key that was revoked', async () => {
    const key = await registry.makeKey('check')
    const list = () => registry.rover(['subgraph', 'list', 'shop@current'], key)
    expect(await list()).toEqual(ended(0, 'users'))
    const [made] = (await listKeys(registry.database, 'shop')).slice(-1)
    expect(await revokeKey(registry.database, 'shop', made?.id ?? 0)).toBe(true)
    expect(await list()).toEqual(ended(1, 'or it was revoked'))
  })

  it('is told of a wrong graph and a wrong variant', async () => {
    expect(await check('users', users, 'other@current')).toEqual(
      ended(1, 'this key is one of the graph shop: it opens nothing of other'),
    )
    expect(await check('users', users, 'shop@staging')).toEqual(
      ended(1, 'the graph shop has no variant staging; it has current'),
    )
    expect(await run('supergraph', 'fetch', 'shop@staging')).toEqual(ended(1, 'it has current'))
    expect(await run('graph', 'fetch', 'shop@staging')).toEqual(
      ended(1, 'The only existing variant for graph shop is current.'),
    )
    const operation = registry.write('client-me.graphql', 'query Me { me { id } }')
    const client = ['client', 'check', 'shop@staging', '--root-dir', dirname(operation)]
    expect(await run(...client, '--include', 'client-me.graphql')).toEqual(
      ended(1, 'shop@staging serves nothing'),
    )
  })

  it('may do with a key what its role may', async () => {
    const [checker, publisher] = [await registry.makeKey('check'), await registry.makeKey('publish')]
    const checked = await registry.rover(withSchema('check', 'shop@current', 'users', users), checker)
    expect(checked).toEqual(ended(0, 'no changes'))
    expect(await publish('users', users, { key: checker })).toEqual(ended(1, 'this key may only check'))
    expect(await publish('users', users, { key: publisher })).toEqual(ended(0, 'no changes'))
    const deletion = ['subgraph', 'delete', 'shop@current', '--name', 'orders', '--confirm']
    expect(await registry.rover(deletion, publisher)).toEqual(ended(1, 'needs a key with the role admin'))
  })

  it('keeps variants and graphs apart, whatever their subgraphs are called', async () => {
    await addGraph(registry.database, 'other')
    const key = await registry.makeKey('admin', 'other')
    const other = `${link} type Query { other: Int }`
    expect(await publish('users', other, { ref: 'other@current', key })).toEqual(ended(0, 'at version 1.'))
    expect(await publish('users', users, { ref: 'shop@staging' })).toEqual(ended(0, 'at version 1.'))
    const list = (ref: string) =>
      registry.rover(['graph', 'fetch', ref], ref.startsWith('other') ? key : registry.key)
    expect(await list('other@current')).toEqual(ended(0, 'other: Int'))
    expect((await list('shop@staging')).output).not.toContain('orders')
    expect(await list('shop@current')).toEqual(ended(0, 'orders: [Order!]'))
  })

  it('is told that a variant serves nothing until something composes there', async () => {
    await publish('users', users.replace('User }', 'Missing }'), { ref: 'shop@never' })
    expect(await run('graph', 'fetch', 'shop@never')).toEqual(ended(1, 'error[E008]'))
    expect(await run('supergraph', 'fetch', 'shop@never')).toEqual(
      ended(1, 'because its subgraphs failed to build'),
    )
  })

  it('is refused names that lead nowhere', async () => {
    expect(await publish('__users', users)).toEqual(ended(1, `"__users" can't be a subgraph's name`))
    expect(await publish('users', users, { ref: 'shop@a b' })).toEqual(
      ended(1, `"a b" can't be a variant's name`),
    )
  })

  it('deletes a subgraph, and says before what would not compose', async () => {
    await publish('users', users, { ref: 'shop@doomed' })
    await publish('orders', orders, { ref: 'shop@doomed' })
    const remove = (name: string) => ['subgraph', 'delete', 'shop@doomed', '--name', name]
    const asked = await run(...remove('users'))
    expect(asked.output).toContain('No queries found in any subgraph')
    expect(asked.output).toContain('Delete cancelled by user')
    expect(await run('subgraph', 'list', 'shop@doomed')).toEqual(ended(0, 'users'))
    expect(await run(...remove('orders'), '--confirm')).toEqual(
      ended(
        0,
        "The 'orders' subgraph was removed from 'shop@doomed'. The remaining subgraphs were composed.",
      ),
    )
    expect(await run(...remove('carts'), '--confirm')).toEqual(
      ended(1, 'shop@doomed has no subgraph carts; it has users'),
    )
    await run(...remove('users'), '--confirm')
    expect(await run('subgraph', 'list', 'shop@doomed')).toEqual(ended(1, 'has no variant doomed'))
  })

  it('composes to the byte what npm run compose does', async () => {
    const read = (path: string) => readFileSync(join(root, path), 'utf8')
    for (const { name, url, sdl } of readRoverConfig(read))
      await run(...withSchema('publish', 'shop@whole', name, sdl), '--routing-url', url)
    const fetched = await run('supergraph', 'fetch', 'shop@whole')
    expect(fetched.output).toContain(read('schema/supergraph.graphql'))
    expect(await run('graph', 'fetch', 'shop@whole')).toEqual(ended(0, read('schema/api.graphql').trimEnd()))
  })

  it('publishes in its own variant what several people publish at once', async () => {
    const names = ['a', 'b', 'c', 'd']
    const runs = await Promise.all(
      names.map(name => publish(name, `${link} type Query { ${name}: Int }`, { ref: 'shop@busy' })),
    )
    for (const { status } of runs) expect(status).toBe(0)
    const { output } = await run('graph', 'fetch', 'shop@busy')
    for (const name of names) expect(output).toContain(`${name}: Int`)
  })

  it('finds everything again after a restart', async () => {
    const before = await run('supergraph', 'fetch', 'shop@current')
    await registry.restart()
    expect(await run('supergraph', 'fetch', 'shop@current')).toEqual(before)
  })

  it('checks against what clients were seen to run, within the window and above the threshold that it is told', async () => {
    const live = { ref: 'shop@live', options: [] }
    await publish('users', users, live)
    const remove = (field: string, ...options: readonly string[]) =>
      check('users', users.replace(field, ''), 'shop@live', ...options)
    expect(await remove('email: String')).toEqual(ended(1, '(no recorded operation uses it)'))
    const operation = { name: 'Names', signature: 'query Names {\n  me {\n    name\n  }\n}' }
    const clients = [{ name: 'web', version: '1.2', requests: 3 }]
    const report = { operations: [{ ...operation, clients }], otherRequests: 0 }
    await addUsage(registry.database, { graph: 'shop', variant: 'live' }, report)
    await registry.database.query('update operation_uses set day = day - 10')
    expect(await remove('email: String')).toEqual(ended(0, 'PASS'))
    const breaking = await remove('name: String!')
    expect(breaking).toEqual(ended(1, '(breaks Names of web 1.2 (3 times))'))
    expect(await remove('name: String!', '--query-count-threshold', '3')).toEqual(ended(1, 'E043'))
    expect(await remove('name: String!', '--query-count-threshold', '4')).toEqual(
      ended(0, 'by operations above the threshold'),
    )
    expect(await remove('name: String!', '--validation-period', '2w')).toEqual(ended(1, 'E043'))
    expect(await remove('name: String!', '--validation-period', '5d')).toEqual(
      ended(1, '(no recorded operation uses it)'),
    )
  })

  it('publishes the operations of clients', async () => {
    const operation = { id: 'a1', name: 'Me', type: 'query', body: 'query Me { me { email } }' }
    const publishing = (body: string) =>
      run(
        ...['persisted-queries', 'publish', '--graph-id', 'shop', '--list-id', 'operations', '--manifest'],
        registry.write(
          'manifest.json',
          JSON.stringify({
            format: 'apollo-persisted-query-manifest',
            version: 1,
            operations: [{ ...operation, body }],
          }),
        ),
      )
    expect(await publishing(operation.body)).toEqual(ended(0, 'Successfully added 1 operation'))
    expect(await publishing(operation.body)).toEqual(ended(0, 'resulting in no changes to operations'))
    expect(await publishing('query Me { me { id } }')).toEqual(ended(1, 'is known with another body'))
    const breaking = await check('users', users.replace('email: String', ''))
    expect(breaking.output).toMatch(/FIELD_REMOVED +┆ Field 'email' .* \(breaks Me\)/)
    expect(breaking.output).toMatch(/OPERATION_INVALID +┆ Cannot query field "email" .* \(breaks Me\)/)
  })
})
