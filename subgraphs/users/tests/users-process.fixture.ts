import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { readEnvironment } from '../environment.ts'
import { startUsers } from '../server.ts'

// n.b. a process of its own, without a broker, so that a test can kill it
const transport = createInProcessTransport({ logger: createLogger('test', 'silent') })
const { url } = await startUsers(readEnvironment(), transport)
console.log(`listens at ${url}`)
