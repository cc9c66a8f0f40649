import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { demoProductId } from '@supergraph/demo/demo-shop.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { createGraphQLClient, postGraphQL, signIn } from '../testbed/graphql-client.ts'
import { address } from '../testbed/orders.ts'
import { freePorts } from '../testbed/ports.ts'
import { startOneProcess } from '../testbed/system/one-process.ts'
import { demoPassword } from './allocations.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const operation = (name: string) => read(`schema/operations/${name}.graphql`)

const alerts = z
  .object({
    groups: z.array(
      z.object({
        rules: z.array(
          z.object({
            alert: z.string(),
            expr: z.string(),
            annotations: z.object({ summary: z.string(), action: z.string() }),
          }),
        ),
      }),
    ),
  })
  .parse(parse(read('deploy/observability/alerts.yml')))
  .groups.flatMap(({ rules }) => rules)
const panels = z
  .object({ panels: z.array(z.object({ targets: z.array(z.object({ expr: z.string() })) })) })
  .parse(JSON.parse(read('deploy/observability/dashboard.json')))
  .panels.flatMap(({ targets }) => targets)

/** The metrics that an expression names, and the labels that it asks for. */
const namesIn = (expression: string): readonly string[] =>
  expression.match(/\b(supergraph|nodejs|process)_[a-z0-9_]+/g) ?? []

let system: Awaited<ReturnType<typeof startOneProcess>>
let metricsUrl: string
beforeAll(async () => {
  const [port] = await freePorts(1)
  metricsUrl = `http://127.0.0.1:${port}/metrics`
  system = await startOneProcess({
    METRICS_PORT: String(port),
    METRICS_CLIENTS: 'web',
    DEMO_PASSWORD: demoPassword,
  })
  const url = system.urlOf('gateway')
  const ada = await signIn(url, { email: 'ada@example.com', password: demoPassword })
  const somebody = createGraphQLClient(url)
  const input = {
    idempotencyKey: uuidv7(),
    items: [{ productId: demoProductId('PEN-FOUNTAIN-F'), quantity: 1 }],
    paymentMethod: 'pm_card_visa',
    shippingAddress: address,
  }
  const stockOf = (sku: string) =>
    somebody.watch(operation('product-stock-changed'), { productIds: [demoProductId(sku)] })
  await stockOf('PEN-FOUNTAIN-F').answer(1)
  const left = stockOf('PEN-FOUNTAIN-F')
  await left.answer(1)
  await left.stop()
  for (let sent = 0; sent < 2; sent++) {
    await ada.ask(operation('place-order'), { input })
    await somebody.ask(operation('catalogue'))
    await somebody.ask('query Made_up_by_a_client { __typename }')
    for (const client of ['web', 'made up'])
      await postGraphQL(
        url,
        { query: operation('catalogue') },
        { headers: { 'apollographql-client-name': client } },
      )
  }
})
afterAll(() => system?.stop())

const scrape = async () => {
  const text = await (await fetch(metricsUrl)).text()
  const lines = text.split('\n')
  const help = new Map(
    lines.flatMap(line => {
      const [, name, described] = /^# HELP (\S+) (.+)$/.exec(line) ?? []
      return name === undefined || described === undefined ? [] : [[name, described] as const]
    }),
  )
  const series = new Set(lines.flatMap(line => /^([a-z_0-9]+)[{ ]/.exec(line)?.[1] ?? []))
  return { text, help, series }
}

it('has in the metrics of a running shop what alerts and dashboard ask for', async () => {
  const asked = [...alerts, ...panels].flatMap(({ expr }) => namesIn(expr))
  expect(asked.length).toBeGreaterThan(20)
  await vi.waitFor(
    async () => {
      const { series } = await scrape()
      const missing = asked.filter(name => !series.has(name) && !notHere.includes(name))
      expect(missing).toEqual([])
    },
    { interval: 500 },
  )
})

/** Metrics of RabbitMQ, of what fails, and of what may be over already. */
const notHere = [
  'supergraph_queue_messages',
  'supergraph_broker_usable',
  'supergraph_metrics_failed_readings_total',
  'supergraph_checkout_steps',
]

it('has the labels that alerts and dashboard ask for', async () => {
  const { text } = await scrape()
  const labelsOf = new Map<string, readonly string[]>()
  for (const [, name = '', labels = ''] of text.matchAll(/^(\w+)\{(.+)\} /gm))
    labelsOf.set(
      name,
      [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label),
    )
  const missing = [...alerts, ...panels].flatMap(({ expr }) => {
    const known = namesIn(expr).flatMap(name => labelsOf.get(name) ?? [])
    const asked = [...expr.matchAll(/by \(([^)]*)\)|\{([^}]*)\}/g)].flatMap(([, by, where]) =>
      (by ?? where ?? '').split(',').map(part => part.split(/[=!]/)[0]?.trim() ?? ''),
    )
    const isCheckable = namesIn(expr).every(name => !notHere.includes(name)) && !expr.startsWith('up{')
    return isCheckable ? asked.filter(label => ![...known, 'instance'].includes(label)) : []
  })
  expect(missing).toEqual([])
})

it('describes each metric, in the answer and in the documentation', async () => {
  const { text, help } = await scrape()
  const own = [...help].filter(([name]) => name.startsWith('supergraph_')).sort()
  expect(own).toHaveLength(text.match(/^# TYPE supergraph_/gm)?.length ?? 0)
  const rows = own.map(([name, described]) => `| \`${name}\` | ${described} |`)
  const documented = read('docs/observability.md').split('\n')
  expect(documented.filter(line => line.startsWith('| `supergraph_'))).toEqual(rows)
})

it('counts operations and clients that nobody has named as other, and no reading fails', async () => {
  const { text } = await scrape()
  for (const labels of [
    'client="other",operation="PlaceOrder",outcome="ok"',
    'client="other",operation="other",outcome="ok"',
    'client="web",operation="Catalogue",outcome="ok"',
  ])
    expect(text).toContain(`supergraph_operation_seconds_count{${labels}}`)
  expect(text).toContain('supergraph_subscriptions_open{operation="ProductStockChanged"} 1')
  expect(text).toMatch(
    /^supergraph_subscription_event_age_seconds_count\{operation="ProductStockChanged",subgraph="notifications"\} [1-9]/m,
  )
  for (const made of ['Made_up_by_a_client', 'made up']) expect(text).not.toContain(made)
  expect(text).not.toContain('supergraph_metrics_failed_readings_total{')
})

it('is not on the public door', async () => {
  expect((await fetch(new URL('/metrics', system.originOf('gateway')))).status).toBe(404)
})
