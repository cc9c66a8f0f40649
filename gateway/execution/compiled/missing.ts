import { activeSpan } from '@supergraph/telemetry/spans.ts'
import type { Place, UnknownEntity } from './run.ts'

const maxMissing = 20

/** Tells the span under way of entities that a subgraph does not know, by their places in the answer. */
export const tellMissing = (unknown: readonly UnknownEntity[], toClient: (place: Place) => Place): void => {
  const texts = unknown
    .slice(0, maxMissing)
    .flatMap(({ service, places }) => places.map(place => `${service} ${toClient(place).join('.')}`))
  activeSpan()?.set('supergraph.entities.missing', texts.slice(0, maxMissing))
}
