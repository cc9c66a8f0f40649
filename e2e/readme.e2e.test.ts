import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { embeddedVariables } from './allocations.ts'
import { type Answer, createFrontEnd, type Watch } from './client.ts'
import { startProcess } from './processes.ts'

const directory = await mkdtemp(join(tmpdir(), 'supergraph-readme-'))
const variables = await embeddedVariables(directory)
const system = startProcess(['start.ts'], variables)
let watching: Watch | undefined

afterAll(async () => {
  await watching?.stop()
  await system.end('SIGTERM')
  await rm(directory, { recursive: true, force: true })
})

/** An answer as the README shows it: a text that ends in … stands for all that begin like it. */
const shown = (value: unknown): unknown => {
  if (typeof value === 'string' && value.endsWith('…')) return expect.stringMatching(`^${value.slice(0, -1)}`)
  if (Array.isArray(value)) return value.map(shown)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shown(item)]))
}

it('answers the README tour with the answers that the README shows', async () => {
  await system.waitFor(/Ctrl-C/)
  const readme = await readFile(join(import.meta.dirname, '..', 'README.md'), 'utf8')
  const steps = [...readme.matchAll(/```graphql\n(.*?)```\s+```json\n(.*?)```/gs)]
  expect(steps.length).toBeGreaterThan(5)

  let frontEnd = createFrontEnd(`http://127.0.0.1:${variables.PORT}/graphql`)
  let orderId = ''
  const run = async (query: string): Promise<Answer> => {
    if (!query.startsWith('subscription')) return frontEnd.ask(query)
    watching = frontEnd.watch(query)
    return watching.answer(1)
  }
  for (const [, query = '', answer = ''] of steps) {
    const actual = await run(query.replace('ORDER_ID', orderId))
    expect(actual).toEqual(shown(JSON.parse(answer)))
    if (actual.data.login) {
      frontEnd = createFrontEnd(`http://127.0.0.1:${variables.PORT}/graphql`, actual.data.login.accessToken)
    }
    if (actual.data.placeOrder?.order) orderId = actual.data.placeOrder.order.id
    if (actual.data.cancelOrder) {
      expect((await watching?.answer(2))?.data.orderUpdated.type).toBe('order.cancelled')
    }
  }
})

it("runs the front-end page's program as it stands", async () => {
  await system.waitFor(/Ctrl-C/)
  const page = await readFile(join(import.meta.dirname, '..', 'docs', 'front-end.md'), 'utf8')
  const program = [...page.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code).join('\n')
  // n.b. beside the test, so that it finds the project's packages
  const file = join(import.meta.dirname, `front-end.${process.pid}.mjs`)
  await writeFile(file, program)
  try {
    const running = startProcess([file], { SHOP_URL: `http://127.0.0.1:${variables.PORT}/graphql` })
    expect(await running.exited).toBe(0)
    expect(running.output()).toMatch(
      /^Hello, Ada Lovelace\nYour latest order: \d+, [A-Z]+\nYour new order: \d+, CONFIRMED\nGoodbye\n$/,
    )
  } finally {
    await rm(file)
  }
})
