import { entityChanges } from '@supergraph/schema/entity-changes.ts'
import { SessionEnded } from '@supergraph/schema/events/users.ts'

/** The events that every gateway process hears. */
export const listensTo = [SessionEnded, ...entityChanges.map(({ event }) => event)]
