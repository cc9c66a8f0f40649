import { createServer } from 'node:http'
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime'
import { unifiedGraphHandler } from '@graphql-hive/router-runtime'
import { forEachGraph, listen, runContender } from '../contenders/contender.ts'

await runContender(settings =>
  forEachGraph(settings, supergraph =>
    listen(
      createServer(
        createGatewayRuntime({
          supergraph,
          unifiedGraphHandler,
          inboundInflightRequestDeduplication: true,
          logging: false,

          landingPage: false,
          graphiql: false,
        }),
      ),
    ),
  ),
)
