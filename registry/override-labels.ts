import { argumentsOf } from '@supergraph/composition/linked-directives.ts'
import { type FieldDefinitionNode, Kind, parse } from 'graphql'

/** The shares of labels of `@override`, in percent. */
export type Shares = ReadonlyMap<string, number>

// n.b. a description may have the same words: strings are matched, so that what stands in them is passed over
const labelOrString =
  /\boverrideLabel: "(?<label>[^"\\]*)"|"""(?:[^"\\]+|\\(?:""")?|"(?!""))*"""|"(?:[^"\\\n]+|\\.)*"/g
const ownShare = /^percent\((.+)\)$/

/** The labels of a composed supergraph that say no share themselves, as `percent(25)` does. */
export const labelsIn = (supergraph: string): ReadonlySet<string> =>
  new Set(
    [...supergraph.matchAll(labelOrString)]
      .flatMap(({ groups }) => groups?.label ?? [])
      .filter(label => !ownShare.test(label)),
  )

/** A composed supergraph whose labels say their shares: `percent(25)` is what every router understands that knows labels. */
export const withShares = (supergraph: string, shares: Shares): string =>
  shares.size === 0
    ? supergraph
    : supergraph.replace(labelOrString, (found, label: string | undefined) => {
        const share = label === undefined ? undefined : shares.get(label)
        return share === undefined ? found : `overrideLabel: "percent(${share})"`
      })

/** A label, the share that it says itself, if it does, and the fields that move with it. */
export type MovingFields = {
  readonly label: string
  readonly ownShare: number | undefined
  readonly fields: readonly string[]
}

/** The fields of a composed supergraph that are on their way to another subgraph, by their labels. */
export const movingFields = (supergraph: string): readonly MovingFields[] => {
  const moving = parse(supergraph, { noLocation: true }).definitions.flatMap(definition =>
    definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION
      ? (definition.fields ?? []).flatMap(field =>
          [...labelsOf(field)].map(label => ({
            label,
            field: `${definition.name.value}.${field.name.value}`,
          })),
        )
      : [],
  )
  return [...Map.groupBy(moving, ({ label }) => label)].map(([label, each]) => {
    const own = ownShare.exec(label)?.[1]
    return {
      label,
      ownShare: own === undefined ? undefined : Number(own),
      fields: each.map(({ field }) => field),
    }
  })
}

const labelsOf = ({ directives = [] }: FieldDefinitionNode): ReadonlySet<string> =>
  new Set(
    directives
      .filter(({ name }) => name.value === 'join__field')
      .map(directive => argumentsOf(directive).overrideLabel)
      .filter(label => typeof label === 'string'),
  )
