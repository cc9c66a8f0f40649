import { argumentsOf, linkedDirectives } from '@supergraph/composition/linked-directives.ts'
import { type ConstDirectiveNode, type DocumentNode, isTypeDefinitionNode, Kind } from 'graphql'
import { z } from 'zod'

/** How many elements a list has, as `@listSize` says it. */
export type ListSize = z.output<typeof listSizeArguments>

/** What `@cost` and `@listSize` of a supergraph say, by coordinate, such as `Order`, `Order.items` or `Query.orders(first:)`. */
export type Weights = {
  readonly costs: ReadonlyMap<string, number>
  readonly listSizes: ReadonlyMap<string, ListSize>
}

const cost = 'https://specs.apollo.dev/cost/v0.1'
const features = { cost, listSize: cost } as const

const costArguments = z.object({ weight: z.number() })
const names = z
  .array(z.string())
  .nullish()
  .transform(list => list ?? [])
const listSizeArguments = z.object({
  assumedSize: z.number().nullish(),
  slicingArguments: names,
  sizedFields: names,
})

/** Reads the weights and list sizes, by whatever name the supergraph imports the directives. */
export const readWeights = (supergraph: DocumentNode): Weights => {
  const linked = linkedDirectives(supergraph, features)
  const costs = new Map<string, number>()
  const listSizes = new Map<string, ListSize>()

  const read = (coordinate: string, directives: readonly ConstDirectiveNode[] = []): void => {
    for (const directive of directives) {
      const feature = linked.get(directive.name.value)
      if (feature === 'cost') costs.set(coordinate, costArguments.parse(argumentsOf(directive)).weight)
      if (feature === 'listSize') listSizes.set(coordinate, listSizeArguments.parse(argumentsOf(directive)))
    }
  }

  for (const definition of supergraph.definitions) {
    if (!isTypeDefinitionNode(definition)) continue
    const type = definition.name.value
    read(type, definition.directives)
    if (!('fields' in definition)) continue
    for (const field of definition.fields ?? []) {
      const coordinate = `${type}.${field.name.value}`
      read(coordinate, field.directives)
      if (field.kind !== Kind.FIELD_DEFINITION) continue
      for (const argument of field.arguments ?? [])
        read(`${coordinate}(${argument.name.value}:)`, argument.directives)
    }
  }
  return { costs, listSizes }
}
