import { runProcess } from '@supergraph/runtime/lifecycle.ts'
import { checkoutServices, startService } from './services.ts'

const name = process.argv[2]
const service = checkoutServices.find(known => known === name)
if (service === undefined)
  throw new Error(`there is no service ${name}: name one of ${checkoutServices.join(', ')}`)
await runProcess(() => startService(service, process.env))
