import { argumentsOf, isLinkTo, linkedDirectives } from '@supergraph/composition/linked-directives.ts'
import { type ConstDirectiveNode, type DocumentNode, isTypeDefinitionNode, visit } from 'graphql'
import { z } from 'zod'

/** The scopes that one directive asks for: all of one of these sets; an empty set is met by everyone who is signed in. */
export type Requirement = readonly (readonly string[])[]

/** What a supergraph asks of viewers. */
export type Requirements = {
  /** By type name; they hold for every field of the type and for every field that returns it. */
  readonly types: ReadonlyMap<string, readonly Requirement[]>
  /** By coordinate, such as `Query.me`. */
  readonly fields: ReadonlyMap<string, readonly Requirement[]>
}

const features = {
  authenticated: 'https://specs.apollo.dev/authenticated/v0.1',
  requiresScopes: 'https://specs.apollo.dev/requiresScopes/v0.1',
} as const
type Feature = keyof typeof features

const scopesArgument = z.object({ scopes: z.array(z.array(z.string())) })

/** Reads what `@authenticated` and `@requiresScopes` ask for, by whatever name the supergraph imports them. */
export const readRequirements = (supergraph: DocumentNode): Requirements => {
  const names = linkedDirectives(supergraph, features)
  const types = new Map<string, readonly Requirement[]>()
  const fields = new Map<string, readonly Requirement[]>()
  for (const definition of supergraph.definitions) {
    if (!isTypeDefinitionNode(definition)) continue
    const type = definition.name.value
    add(types, type, requirementsIn(definition.directives, names))
    if (!('fields' in definition)) continue
    for (const field of definition.fields ?? []) {
      add(fields, `${type}.${field.name.value}`, requirementsIn(field.directives, names))
    }
  }
  return { types, fields }
}

/**
 * The same supergraph, with the two features no longer linked `for: SECURITY`: Apollo's libraries refuse to load what
 * they don't enforce. Any other security feature stays, and stays refused.
 */
export const withoutEnforcedPurposes = (supergraph: DocumentNode): DocumentNode =>
  visit(supergraph, {
    Directive: node =>
      Object.values(features).some(url => isLinkTo(node, url))
        ? { ...node, arguments: node.arguments?.filter(({ name }) => name.value !== 'for') }
        : undefined,
  })

const add = <K, V>(map: Map<K, readonly V[]>, key: K, values: readonly V[]): void => {
  if (values.length > 0) map.set(key, values)
}

const requirementsIn = (
  directives: readonly ConstDirectiveNode[] = [],
  names: ReadonlyMap<string, Feature>,
): readonly Requirement[] =>
  directives.flatMap(directive => {
    switch (names.get(directive.name.value)) {
      case 'authenticated':
        return [[[]]]
      case 'requiresScopes':
        return [scopesArgument.parse(argumentsOf(directive)).scopes]
      default:
        return []
    }
  })
