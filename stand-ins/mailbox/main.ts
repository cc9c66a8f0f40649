import { runProcess } from '@supergraph/runtime/lifecycle.ts'
import { readEnvironment } from './environment.ts'
import { startMailbox } from './server.ts'

await runProcess(async () => startMailbox(readEnvironment()))
