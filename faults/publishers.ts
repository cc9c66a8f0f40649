import { contracts } from '@supergraph/schema/events/contracts.ts'
import { type StatefulName, statefulNames } from '../services.ts'

/** The services that publish events, each of which has an outbox. */
export const publishers: readonly StatefulName[] = statefulNames().filter(name =>
  contracts.some(({ source }) => source === name),
)
