import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { brokerUrl } from '@supergraph/messaging/tests/test-namespace.ts'
import { readPidFile } from '@supergraph/postgres/embedded.ts'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { describe, expect, it, onTestFinished } from 'vitest'
import { postgresDirectory } from '../embedded/data-directory.ts'
import { createBrokerNamespace } from '../testbed/broker.ts'
import { type GraphQLClient, requestGraphQL, signIn } from '../testbed/graphql-client.ts'
import { order } from '../testbed/orders.ts'
import { startProcess } from '../testbed/processes.ts'
import { embeddedVariables } from '../testbed/system/one-process.ts'
import { demoPassword } from './allocations.ts'

const broker = brokerUrl()

describe.runIf(broker !== undefined)('npm start in several processes', () => {
  it('is one system: what happens while a group is away is told once it is back, in whichever process, and no request fails while services move', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'supergraph-groups-'))
    onTestFinished(() => rm(directory, { recursive: true, force: true }))
    const namespace = createBrokerNamespace(broker ?? '')
    onTestFinished(namespace.stop)
    const variables = await embeddedVariables(directory)
    const url = `http://127.0.0.1:${variables.PORT}/graphql`
    const startAt = (ports: Variables, ...args: readonly string[]) => {
      const settings = { CONSOLE: 'false', REGISTRY: 'false', DEMO_PASSWORD: demoPassword }
      const started = startProcess(['start.ts', ...args], {
        ...ports,
        STOP_DELAY_MS: '1000',
        ...namespace.settings,
        ...settings,
      })
      onTestFinished(async () => void (await started.end('SIGTERM')))
      return started
    }
    const start = (...args: readonly string[]) => startAt(variables, ...args)
    const signInAda = () => signIn(url, { email: 'ada@example.com', password: demoPassword })

    const [others, notifications] = [
      start('--except', 'notifications,mailbox,analytics'),
      start('--only', 'notifications,mailbox,analytics'),
    ]
    await Promise.all([others.waitFor(/Ctrl-C/), notifications.waitFor(/Ctrl-C/)])
    const ada = await signInAda()
    const first = await orderAny(ada)
    await expect.poll(() => ordersTold(ada), waiting).toContain(first)
    const server = await readPidFile(postgresDirectory(directory))

    await notifications.end('SIGTERM')
    const second = await orderAny(ada)
    const kept = start('--only', 'mailbox,analytics')
    await kept.waitFor(/Ctrl-C/)
    // n.b. the ports of the services that stay are the same for all
    const { PORT, USERS_PORT, PRODUCTS_PORT, ORDERS_PORT, NOTIFICATIONS_PORT, PAYMENT_SIMULATOR_PORT } =
      await embeddedVariables(directory)
    const moved = { PORT, USERS_PORT, PRODUCTS_PORT, ORDERS_PORT, NOTIFICATIONS_PORT, PAYMENT_SIMULATOR_PORT }
    const newUrl = `http://127.0.0.1:${PORT}/graphql`
    const reading = readWhereReady([url, newUrl])
    const together = startAt({ ...variables, ...moved }, '--except', 'mailbox,analytics')
    await together.waitFor(/Ctrl-C/)
    await others.end('SIGTERM')
    const { failures, answered } = await reading.stop()
    expect(failures).toEqual([])
    expect([...answered.keys()].sort()).toEqual([url, newUrl].sort())
    const later = await signIn(newUrl, { email: 'ada@example.com', password: demoPassword })
    await expect.poll(() => ordersTold(later), waiting).toContain(second)
    expect((await ordersTold(later)).filter(id => id === first || id === second)).toEqual([second, first])
    const mails = async () =>
      (await fetch(`http://127.0.0.1:${variables.MAILBOX_PORT}/messages?to=ada@example.com`)).text()
    await expect.poll(mails, waiting).toContain(second)

    expect(await readPidFile(postgresDirectory(directory))).toEqual(server)
    await Promise.all([kept.end('SIGTERM'), together.end('SIGTERM')])
    expect(await readPidFile(postgresDirectory(directory))).toBeUndefined()
  })
})

/** Reads again and again, as a balancer sends requests to the gateways that are ready; tells what failed, and who answered. */
const readWhereReady = (urls: readonly string[]) => {
  const failures: unknown[] = []
  const answered = new Map<string, number>()
  const ready = new Set<string>()
  const watch = async (url: string): Promise<void> => {
    const { ok } = await fetch(new URL('/health/ready', url)).catch(() => ({ ok: false }))
    if (ok) ready.add(url)
    else ready.delete(url)
  }
  const read = async (url: string): Promise<void> => {
    try {
      const query = '{ products(first: 1) { edges { node { id } } } }'
      const { data, errors } = await requestGraphQL(url, { query })
      if (data?.products?.edges?.length !== 1) failures.push({ url, errors })
      answered.set(url, (answered.get(url) ?? 0) + 1)
    } catch (error) {
      failures.push(error)
    }
  }
  let isOver = false
  const run = async (everyMs: number, work: () => Promise<unknown>): Promise<void> => {
    for (; !isOver; await pause(everyMs)) await work()
  }
  const running = [
    run(100, () => Promise.all(urls.map(watch))),
    run(25, () => Promise.all([...ready].map(read))),
  ]
  return {
    stop: async () => {
      isOver = true
      await Promise.all(running)
      return { failures, answered }
    },
  }
}

const waiting = { timeout: 60_000 }

const orderAny = async (ada: GraphQLClient): Promise<string> => {
  const { data } = await ada.ask(
    '{ products(first: 1, filter: { inStock: true }) { edges { node { id } } } }',
  )
  return (await order(ada, data.products.edges[0].node.id)).order.id
}

/** The orders of which Ada was told last, the newest first. */
const ordersTold = async (ada: GraphQLClient): Promise<readonly string[]> => {
  const { data } = await ada.ask('{ me { notifications(first: 5) { edges { node { order { id } } } } } }')
  const edges: readonly { readonly node: { readonly order: { readonly id: string } | null } }[] =
    data.me?.notifications?.edges ?? []
  return edges.flatMap(({ node }) => node.order?.id ?? [])
}
