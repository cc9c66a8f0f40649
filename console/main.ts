import { runProcess } from '@supergraph/runtime/lifecycle.ts'
import { readEnvironment } from './environment.ts'
import { startConsole } from './server.ts'

await runProcess(async () => startConsole(readEnvironment()))
