import { argumentsOf, linkedDirectives } from '@supergraph/composition/linked-directives.ts'
import { type ConstDirectiveNode, type DocumentNode, isTypeDefinitionNode, Kind } from 'graphql'
import { z } from 'zod'

/** What `@cacheControl` says of a type or a field, by coordinate, such as `Product` or `Product.price`. */
export type CacheHints = ReadonlyMap<string, CacheHint>

export type CacheHint = {
  /** For how many seconds a value may be kept; undefined if the hint does not say. */
  readonly maxAge: number | undefined
  /** Whether a value may be kept as long as the object around it. */
  readonly inherits: boolean
}

const features = { cacheControl: 'https://specs.commerce-supergraph.example/cacheControl/v0.1' } as const

const hintArguments = z.object({
  maxAge: z.int().nonnegative().nullish(),
  inheritMaxAge: z.boolean().nullish(),
})

/** Reads the hints, by whatever name the supergraph imports the directive; throws if one is none. */
export const readCacheHints = (supergraph: DocumentNode): CacheHints => {
  const linked = linkedDirectives(supergraph, features)
  const hints = new Map<string, CacheHint>()

  const read = (coordinate: string, directives: readonly ConstDirectiveNode[] = []): void => {
    for (const directive of directives) {
      if (!linked.has(directive.name.value)) continue
      const { maxAge, inheritMaxAge } = hintArguments.parse(argumentsOf(directive))
      hints.set(coordinate, { maxAge: maxAge ?? undefined, inherits: inheritMaxAge === true })
    }
  }

  for (const definition of supergraph.definitions) {
    if (!isTypeDefinitionNode(definition)) continue
    read(definition.name.value, definition.directives)
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION)
      continue
    for (const { name, directives } of definition.fields ?? [])
      read(`${definition.name.value}.${name.value}`, directives)
  }
  return hints
}
