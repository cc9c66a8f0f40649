import { runProcess } from '@supergraph/runtime/lifecycle.ts'
import { services, startService } from './services.ts'

const name = process.argv[2]
const service = services.find(known => known === name)
if (service === undefined) throw new Error(`there is no service ${name}: name one of ${services.join(', ')}`)
await runProcess(
  () => startService(service),
  () => console.log('ready'),
)
