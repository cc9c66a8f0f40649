import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { type PublishTo, publishSubgraph } from '../../testbed/publish.ts'
import { runNode } from '../../testbed/run-program.ts'
import { waitUntil } from '../../testbed/waiting.ts'
import { unmet } from '../scenario.ts'
import type { EventContext, EventScenario } from './event-scenario.ts'
import { type SteadyLoad, startSteadyLoad } from './steady-load.ts'

const gateways = ['gateway-1', 'gateway-2'] as const
const shownFailures = 5
const answersBetween = 6
// n.b. a publish takes about as long, most of which is composition
const maxCutMs = 600
const pollMs = 100

/** The registry of the system: it has the graph of this repository, and the key of `npm start`. */
const registryOf = ({ system }: EventContext): PublishTo => ({
  url: system.originOf('registry'),
  key: 'service:commerce:supergraph-demo',
  ref: 'commerce@current',
})

const products = readFileSync(new URL('../../subgraphs/products/schema.graphql', import.meta.url), 'utf8')
const productsWith = (field: string) => ({
  name: 'products',
  sdl: `${products}\nextend type Product { "For a round of this scenario." ${field} }\n`,
})

const ready = z.object({ registryVersion: z.string() })

/** Waits until every gateway serves this version of the registry. */
const isServed = ({ system }: EventContext, version: string): Promise<void> =>
  waitUntil(
    `version ${version} is served`,
    async () => {
      const served = await Promise.all(
        gateways.map(async name => {
          const response = await fetch(`${system.originOf(name)}/health/ready`)
          return ready.parse(await response.json()).registryVersion
        }),
      )
      return served.every(each => each === version)
    },
    { pollMs },
  )

/** How often gateways have refused a supergraph so far. */
const refusals = ({ system }: EventContext): number =>
  system.output().split('supergraph is refused').length - 1

/** What is done to the graph and its registry in each round, in this order. */
const createSteps = (context: EventContext, load: SteadyLoad, round: number) => {
  const { system, random, noteKill } = context
  const registry = registryOf(context)
  let good = ''
  const publish = async (field: string) => {
    const { version, errors } = await publishSubgraph(registry, productsWith(field))
    if (errors.length > 0) throw new Error(`what should compose does not: ${errors.join('; ')}`)
    await isServed(context, version)
    return version
  }
  return {
    publish: async () => {
      good = await publish(`edition${round}: Int`)
    },
    'publish what does not compose': async () => {
      const { errors } = await publishSubgraph(registry, productsWith('edition: Missing'))
      if (errors.length === 0) throw new Error('what should not compose does')
      await load.goesOn(answersBetween)
      await isServed(context, good)
    },
    'publish what no gateway serves': async () => {
      const before = refusals(context)
      const secret = 'secret: Int @federation__policy(policies: [["staff"]])'
      const { errors } = await publishSubgraph(registry, productsWith(secret))
      if (errors.length > 0) throw new Error(`what should compose does not: ${errors.join('; ')}`)
      await waitUntil('all gateways refuse it', async () => refusals(context) >= before + gateways.length)
      await isServed(context, good)
    },
    'roll back': async () => {
      const { status, output } = await runNode(
        ['commands/registry/registry.ts', 'roll-back', registry.ref, good],
        { PATH: process.env.PATH, DATABASE_URL: system.database.urls.registry },
      )
      const [, version] = /is at version (\d+)/.exec(output) ?? []
      if (status !== 0 || version === undefined) throw new Error(`it was not rolled back: ${output}`)
      await isServed(context, version)
    },
    'kill -9 of the registry while it publishes': async () => {
      const publishing = publishSubgraph(registry, productsWith(`cut${round}: Int`)).catch(() => {})
      await pause(random.integer(0, maxCutMs))
      await system.processes.kill('registry')
      noteKill()
      await publishing
      await load.goesOn(answersBetween)
    },
    'start the registry': () => system.processes.start('registry'),
    'publish again': async () => {
      await publish(`again${round}: Int`)
    },
  }
}

/** Changes the graph in every way while customers read, order and look at their notifications. */
export const newSupergraphs: EventScenario = {
  name: 'new-supergraphs',
  guarantee:
    'publishes, good, bad and rolled back, and kill -9 of the registry: no request fails, 200 subscriptions stay open',
  sizes: { full: 8, short: 1 },
  subscribers: { full: 200, short: 48 },
  run: async context => {
    const { system, audience, size, advance, tell } = context
    const beganAtMs = Date.now()
    const seen = () => audience.subscribers.reduce((sum, { received }) => sum + received.length, 0)
    const open = () => audience.subscribers.filter(subscriber => subscriber.isConnected()).length
    await isServed(context, await currentVersion(context))
    const load = await startSteadyLoad(context, audience.subscribers.length, () => gateways.map(system.urlOf))
    const row = (step: string) =>
      tell([
        `${((Date.now() - beganAtMs) / 1_000).toFixed(1)} s`,
        step,
        String(load.sent()),
        String(load.failures.length),
        String(seen()),
        String(open()),
      ])
    tell(['time', 'step', 'requests', 'failures', 'events seen', 'open'])
    try {
      await load.goesOn(answersBetween)
      row('nothing yet')
      for (let round = 1; round <= size; round += 1) {
        for (const [step, work] of Object.entries(createSteps(context, load, round))) {
          await work()
          row(step)
        }
        advance()
      }
      await load.goesOn(answersBetween)
    } finally {
      await load.stop()
    }
    row('all answered')
    const reopened = audience.subscribers.filter(({ connections }) => connections() !== 1).length
    return [
      ...load.failures.slice(0, shownFailures).map(failure => `a request failed: ${failure}`),
      ...unmet([
        [load.failures.length <= shownFailures, `${load.failures.length} requests failed`],
        [seen() > 0, 'no subscriber saw any event'],
        [reopened === 0, `${reopened} subscriptions did not stay open`],
      ]),
    ]
  },
}

/** The version that the registry serves, as it tells gateways. */
const currentVersion = async (context: EventContext): Promise<string> => {
  const { url, key: apiKey, ref } = registryOf(context)
  const response = await fetch(`${url}/uplink`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: `query ($ref: String!, $apiKey: String!) {
        routerConfig(ref: $ref, apiKey: $apiKey) { ... on RouterConfigResult { id } }
      }`,
      variables: { ref, apiKey },
    }),
  })
  const served = z.object({ data: z.object({ routerConfig: z.object({ id: z.string() }) }) })
  return served.parse(await response.json()).data.routerConfig.id
}
