import { startShop } from './allocations.ts'
import { describeShop } from './shop-suites.ts'

describeShop(startShop)
