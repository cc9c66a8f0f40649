import { readFileSync } from 'node:fs'
import { readEnvironment } from '@supergraph/gateway/environment.ts'
import { startGateway } from '@supergraph/gateway/server.ts'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { connectRabbitMq } from '@supergraph/messaging/rabbitmq/transport.ts'
import { brokerVariables, parseEnvironment } from '@supergraph/runtime/environment.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { originOf, sendJson, startHttp } from '@supergraph/runtime/http.ts'
import { runProcess, startAll } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { z } from 'zod'
import { type RouterConfig, readRouterCall, readRouterConfig } from './router-call.ts'
import { createRouterLog, routerLine } from './router-log.ts'

const say = (level: string, message: string): void => console.log(routerLine(level, message))

/** The broker of the settings; without one, nobody tells the gateway what changes. */
const connect = (logger: Logger) => {
  const { RABBITMQ_URL: url, RABBITMQ_NAMESPACE: namespace } = parseEnvironment(
    'the gateway',
    z.object({ ...brokerVariables, RABBITMQ_URL: brokerVariables.RABBITMQ_URL.optional() }),
    process.env,
  )
  return url === undefined ? undefined : connectRabbitMq({ url, namespace, logger })
}

const startHealth = async ({ host, port, path }: NonNullable<RouterConfig['health']>) => {
  const health = await startHttp(
    ({ url }, response) =>
      url === path
        ? sendJson(response, 200, { status: 'UP' })
        : sendJson(response, 404, { status: 'not found' }),
    { host, port, portSetting: 'health_check.listen' },
  )
  say('INFO', `Health check exposed at ${originOf(host, port)}${path}`)
  return health
}

const start = () =>
  startAll(async use => {
    const { supergraphPath, configPath, listen } = readRouterCall(process.argv.slice(2))
    const { health, ignored } = readRouterConfig(readFileSync(configPath, 'utf8'))
    if (ignored.length > 0)
      say(
        'WARN',
        `the gateway has settings of its own, and heeds of a router's none of ${ignored.join(', ')}`,
      )
    const { SUPERGRAPH_URL: _, ...variables } = process.env
    const logger = createRouterLog(process.env.LOG_LEVEL || 'info')
    const broker = await connect(logger)
    const environment = readEnvironment({
      // n.b. nothing tells a gateway without a broker when an entity has changed
      ...(broker === undefined && { ENTITY_CACHE_BYTES: '0' }),
      ...variables,
      HOST: listen.host,
      PORT: String(listen.port),
      SUPERGRAPH_PATH: supergraphPath,
    })
    const transport = use(broker ?? createInProcessTransport({ logger }))
    const gateway = use(await startGateway(environment, transport, { logger }))
    if (health !== undefined) use(await startHealth(health))
    say('INFO', `GraphQL endpoint exposed at ${gateway.url}`)
    return {}
  })

/** n.b. a rover that is killed does not end what it has started. */
const endWithRover = (): void => {
  const rover = process.ppid
  const everyMs = 500
  setInterval(() => {
    if (process.ppid !== rover) process.kill(process.pid, 'SIGTERM')
  }, everyMs).unref()
}

endWithRover()
await runProcess(() =>
  start().catch((error: unknown) => {
    say('ERROR', messageOf(error))
    process.exit(1)
  }),
)
