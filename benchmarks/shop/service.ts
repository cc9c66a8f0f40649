import { runProcess } from '@supergraph/runtime/lifecycle.ts'
import { serviceNames } from '../../services.ts'
import { startService } from '../checkout/services.ts'

const name = process.argv[2]
const service = serviceNames.find(known => known === name)
if (service === undefined)
  throw new Error(`there is no service ${name}: name one of ${serviceNames.join(', ')}`)
await runProcess(
  () => startService(service, process.env),
  () => console.log(`${service} runs`),
)
