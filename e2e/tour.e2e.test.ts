import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { createGraphQLClient, type GraphQLResponse, signIn, type Watch } from '../testbed/graphql-client.ts'
import { startProcess } from '../testbed/processes.ts'
import { embeddedVariables } from '../testbed/system/one-process.ts'

const directory = await mkdtemp(join(tmpdir(), 'supergraph-tour-'))
const variables = await embeddedVariables(directory)
const url = `http://127.0.0.1:${variables.PORT}/graphql`
const system = startProcess(['start.ts'], variables)
const soon = { timeout: 60_000, interval: 100 }
/** The number of notifications that Ada gets of the demo. */
const demoNews = 10
const watches: Watch[] = []
const read = (page: string) => readFile(join(import.meta.dirname, '..', page), 'utf8')
const tour = await read('docs/tour.md')
const step = /```graphql\n(.*?)```\s+```json\n(.*?)```/gs
let orderId = ''

afterAll(async () => {
  await Promise.all(watches.map(watch => watch.stop()))
  await system.end('SIGTERM')
  await rm(directory, { recursive: true, force: true })
})

/** An answer as the tour shows it: a text that ends in … stands for all that begin like it. */
const shown = (value: unknown): unknown => {
  if (typeof value === 'string' && value.endsWith('…')) return expect.stringMatching(`^${value.slice(0, -1)}`)
  if (Array.isArray(value)) return value.map(shown)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shown(item)]))
}

/** Runs a program of the documentation to its end, or until it has written what matches. */
const runProgram = async (name: string, program: string, until?: RegExp) => {
  // n.b. the program lies beside the test, so that it finds the project's packages
  const file = join(import.meta.dirname, name.replace('.', `.${process.pid}.`))
  await writeFile(file, program)
  try {
    const running = startProcess([file], { SHOP_URL: url })
    if (until !== undefined) {
      await running.waitFor(until)
      await running.end('SIGTERM')
    }
    return { code: await running.exited, output: running.output() }
  } finally {
    await rm(file)
  }
}

it('answers the tour with the answers that its page shows', async () => {
  await system.waitFor(/Ctrl-C/)
  const steps = [...tour.matchAll(step)]
  expect(steps.length).toBeGreaterThan(10)

  // n.b. after a slow start, notifications of the demo's orders may still arrive
  const ada = await signIn(url, { email: 'ada@example.com', password: 'supergraph-demo' })
  const unread = async () =>
    (await ada.ask('{ me { unreadNotificationCount } }')).data.me.unreadNotificationCount
  await expect.poll(unread, { timeout: 60_000, interval: 100 }).toBe(demoNews)

  let frontEnd = createGraphQLClient(url)
  let cursor = ''
  const ask = async (query: string): Promise<GraphQLResponse> => {
    if (!query.startsWith('subscription')) return frontEnd.ask(query)
    const watch = frontEnd.watch(query)
    watches.push(watch)
    return watch.answer(1)
  }
  for (const [, text = '', answer = ''] of steps) {
    const query = text.replace('ORDER_ID', orderId).replace('CURSOR', cursor)
    const expected = shown(JSON.parse(answer))
    let actual: GraphQLResponse = { data: null }
    const answered = async () => {
      actual = await ask(query)
      return actual
    }
    // n.b. figures and notifications are written shortly after the orders
    if (query.startsWith('{')) await expect.poll(answered, soon).toEqual(expected)
    else expect(await answered()).toEqual(expected)
    const { login, placeOrder, cancelOrder, me } = actual.data
    if (login) frontEnd = createGraphQLClient(url, login.accessToken)
    if (placeOrder?.order) orderId = placeOrder.order.id
    if (cancelOrder) expect((await watches[0]?.answer(2))?.data.orderUpdated.type).toBe('order.cancelled')
    if (me) cursor = me.notifications.edges[1].cursor
  }
})

it('shows in the README only steps of the tour', async () => {
  const steps = (await read('README.md')).match(step) ?? []
  expect(steps.length).toBeGreaterThan(3)
  for (const text of steps) expect(tour).toContain(text)
})

it('shows the e-mail of the tour where its page says', async () => {
  const [, path] = /http:\/\/127\.0\.0\.1:4006(\/\S+) shows/.exec(tour) ?? []
  const page = async () => (await fetch(`http://127.0.0.1:${variables.MAILBOX_PORT}${path}`)).text()
  await expect.poll(page, soon).toContain('Order 100015 was cancelled')
})

it("runs the tour's front end as it stands", async () => {
  const [, program = ''] = /```ts\n(.*?)```/s.exec(tour) ?? []
  expect(program).toContain('http://127.0.0.1:4000/graphql')
  const here = program.replace('http://127.0.0.1:4000/graphql', url).replace('ORDER_ID', orderId)
  await runProgram('front-end.ts', here, /^order\.cancelled$/m)
})

it("runs the front-end page's program as it stands", async () => {
  await system.waitFor(/Ctrl-C/)
  const page = await read('docs/front-end.md')
  const program = [...page.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code).join('\n')
  const { code, output } = await runProgram('front-end.mjs', program)
  // n.b. the notification of the order may come before or after the watch begins
  expect(output).toMatch(
    /^Hello, Ada Lovelace\nYour latest order: \d+, [A-Z]+\nYour new order: (\d+), CONFIRMED\n(Order \1 is confirmed\n)?Goodbye\n$/,
  )
  expect(code).toBe(0)
})

it("runs the front-end page's recipes for Apollo Client and urql as they stand", async () => {
  await system.waitFor(/Ctrl-C/)
  const page = await read('docs/front-end.md')
  const program = [...page.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code).slice(0, -1)
  const recipes = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code)
  const use = `
    await signIn('ada@example.com', 'supergraph-demo')
    const query = '{ me { name orders(first: 1) { edges { node { id } } } } }'
    const answers = [
      await apollo.query({ query: gql(query) }),
      await urql.query(query, {}).toPromise(),
      await new Client({ url, fetch: fetchSignedIn, exchanges: [fetchExchange] }).query(query, {}).toPromise(),
    ]
    for (const { data, error } of answers) console.log(error ?? data.me.name)
    const variables = { id: answers[0].data.me.orders.edges[0].node.id }
    const subscription = 'subscription ($id: ID!) { orderUpdated(orderId: $id) { order { id } } }'
    const watches = [apollo.subscribe({ query: gql(subscription), variables }), urql.subscription(subscription, variables)]
    for (const watch of watches)
      await new Promise(next => watch.subscribe(({ data, error }) => {
        console.log(error ?? data.orderUpdated.order.id === variables.id)
        next()
      }))
    process.exit(0)
  `
  const recipe = recipes.find(code => code.includes('new ApolloClient'))
  const { code, output } = await runProgram('recipes.mjs', [...program, recipe, use].join('\n'))
  expect(output).toBe('Ada Lovelace\nAda Lovelace\nAda Lovelace\ntrue\ntrue\n')
  expect(code).toBe(0)
})
