import { freePorts } from '../testbed/ports.ts'
import { startShop } from './allocations.ts'
import { describeShop } from './shop-suites.ts'
import { describeClientPackage } from './suites/client-package.ts'
import { describeInProcess } from './suites/in-process.ts'
import { describePackedClient } from './suites/packed-client.ts'
import { describeValues } from './suites/values.ts'

const [metricsPort = 0] = await freePorts(1)

describeShop(startShop, {
  metricsPort,
  more: [describeInProcess, describeClientPackage, describePackedClient, describeValues],
})
