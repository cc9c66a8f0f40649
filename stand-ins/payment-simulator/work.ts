import type { EntityManager } from 'typeorm'
import type { BankFault } from './faults.ts'

/** What a request is carried out with. */
export type Work = {
  /** The transaction. */
  readonly manager: EntityManager
  /** The origin of the simulator's pages. */
  readonly origin: string
  /** Whether what happens is sent to an endpoint of the shop. */
  readonly isTold: boolean
  /** How the bank is to answer this request, if not at once or for good. */
  readonly bank?: BankFault | undefined
}
