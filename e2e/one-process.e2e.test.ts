import { freePorts } from '../testbed/ports.ts'
import { startShop } from './allocations.ts'
import { describeShop } from './shop-suites.ts'

const [metricsPort] = await freePorts(1)

describeShop(startShop, metricsPort)
