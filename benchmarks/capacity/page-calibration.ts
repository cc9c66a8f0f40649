import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { createBrokerNamespace } from '../../testbed/broker.ts'
import { startDatabaseServer } from '../../testbed/database-server.ts'
import { freePorts } from '../../testbed/ports.ts'
import { openRunDirectory } from '../../testbed/run-directory.ts'
import { startSystem } from '../../testbed/system/system.ts'
import { startTokenIssuer } from '../../testbed/token-issuer.ts'
import { type Connection, openConnection } from '../gateway/load/connection.ts'
import { measureLoad } from '../load.ts'
import { queries } from '../shop/queries.ts'
import { measureBursts, medianByClients, medianCosts, rounds } from './bursts.ts'
import { type Costs, clientCounts, type Measured } from './costs.ts'
import { openMeter } from './meter.ts'

const warmUp = { clients: 16, count: 6_000 } as const
const bursts = { small: { size: 1, times: 600 }, large: { size: 64, times: 20 } } as const
const measuredCount = 1_500
const connectionCount = 64
const names = ['client', 'gateway', 'products', 'helpers', 'database'] as const

/** Measures what a page of products costs each process, and then how many there are a second. */
export const measurePages = async (
  brokerUrl: string,
): Promise<{
  readonly costs: Costs['page']
  readonly measured: Measured['pages']
}> => {
  const { stop, measure } = await startAll(async use => {
    const directory = use(await openRunDirectory())
    const [databasePort = 0] = await freePorts(1)
    const database = use(await startDatabaseServer(directory, databasePort))
    const broker = use(createBrokerNamespace(brokerUrl))
    const tokens = use(await startTokenIssuer())
    const system = use(
      await startSystem({
        processNames: ['products', 'gateway'],
        databaseUrls: database.urls,
        settings: service => ({
          ...broker.settings,
          NODE_ENV: 'production',
          LOG_LEVEL: 'error',
          ...(service === 'products' && { DEMO_DATA: 'true' }),
          ...(service === 'gateway' && { JWKS_URL: tokens.jwksUrl }),
        }),
      }),
    )
    const meter = await openMeter(database.urls.products)
    const connections = await openConnections(system.urlOf('gateway'))
    use({ stop: async () => void connections.map(({ close }) => close()) })
    const work = createWork(system.urlOf('gateway'), connections)
    const meters = {
      ...meter,
      client: meter.here,
      gateway: () => meter.child('gateway/main.ts'),
      products: () => meter.child('products/main.ts'),
    }
    return {
      measure: async () => {
        await measureLoad(warmUp, work)
        let asked = 0
        const burst = async (pages: number): Promise<void> => {
          const isPage = await Promise.all(Array.from({ length: pages }, (_, index) => work(asked + index)))
          asked += pages
          if (!isPage.every(Boolean)) throw new Error('an answer was no page')
        }
        const costs: Costs['page'][] = []
        const figures: Readonly<Record<string, number>>[] = []
        for (let round = 0; round < rounds; round += 1) {
          costs.push(await measureBursts(meters, names, bursts, burst))
          const perSecondOf = async (clients: number) => {
            const { perSecond, failed } = await measureLoad({ clients, count: measuredCount }, work)
            if (failed > 0) throw new Error(`${failed} of ${measuredCount} answers were no pages`)
            return perSecond
          }
          const figure: Record<string, number> = {}
          for (const clients of clientCounts) figure[clients] = await perSecondOf(clients)
          figures.push(figure)
        }
        return { costs: medianCosts(costs, names), measured: medianByClients(figures) }
      },
    }
  })
  return measure().finally(stop)
}

const openConnections = (url: string): Promise<Connection[]> =>
  Promise.all(Array.from({ length: connectionCount }, () => openConnection(url)))

const sorts = ['NEWEST', 'NAME', 'PRICE_ASC', 'PRICE_DESC'] as const
const filtersPerSort = 500

/** Asks for different pages in turn, so that none can be shared, each time over a connection that is free. */
const createWork = (url: string, connections: Connection[]) => {
  const { host, pathname } = new URL(url)
  const { query } = queries.products
  const requests = Array.from({ length: sorts.length * filtersPerSort }, (_, index) => {
    const variables = {
      sort: sorts[index % sorts.length],
      filter: { minPriceMinor: 1 + Math.floor(index / sorts.length) },
    }
    const body = JSON.stringify({ query, variables })
    const lines = [
      `POST ${pathname} HTTP/1.1`,
      `host: ${host}`,
      'accept: */*',
      'content-type: application/json',
    ]
    return [...lines, `content-length: ${Buffer.byteLength(body)}`, '', body].join('\r\n')
  })
  return async (index: number): Promise<boolean> => {
    const connection = connections.pop()
    if (connection === undefined) throw new Error('there are more clients than connections')
    const { isOk, body } = await connection.send(requests[index % requests.length] ?? '')
    connections.push(connection)
    return isOk && body.includes('"edges"') && !body.includes('"errors"')
  }
}
