import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  print,
  type TypeNode,
} from 'graphql'
import { argumentsOf, linkedDirectives } from '../linked-directives.ts'

/** How a subscription goes on after an event: with the value that `field` had in the event as its `argument`. */
export type Resumption = { readonly argument: string; readonly argumentType: string; readonly field: string }

/** What a supergraph tells of a field of `Subscription`. */
export type SubscriptionMarks = {
  /** From the tag `resumes-after/<field>` of an argument; undefined if the subscription can't be resumed. */
  readonly resumption: Resumption | undefined
  /** From the tag `begins-with-state`: without that argument the first event is the newest change, and nothing is missed. */
  readonly beginsWithState: boolean
}

const features = { tag: 'https://specs.apollo.dev/tag/v0.3' }
const resumesAfter = 'resumes-after/'
const beginsWithState = 'begins-with-state'

/** Reads the marks of the subscriptions that have any; throws if one names a field that can't be a cursor. */
export const readSubscriptionMarks = (supergraph: DocumentNode): ReadonlyMap<string, SubscriptionMarks> => {
  const tags = new Set(linkedDirectives(supergraph, features).keys())
  const namesOf = (directives: readonly ConstDirectiveNode[] = []) =>
    directives.filter(({ name }) => tags.has(name.value)).map(tag => String(argumentsOf(tag).name))

  const resumptionOf = (subscription: FieldDefinitionNode): Resumption | undefined => {
    for (const { name, type, directives } of subscription.arguments ?? []) {
      const tag = namesOf(directives).find(name => name.startsWith(resumesAfter))
      if (tag === undefined) continue
      const field = tag.slice(resumesAfter.length)
      if (!isCursor(supergraph, nameOf(subscription.type), field))
        throw new Error(
          `Subscription.${subscription.name.value}: its event has no field "${field}" with one value, which the tag "${tag}" names.`,
        )
      return { argument: name.value, argumentType: print(nullable(type)), field }
    }
    return undefined
  }

  return new Map(
    fieldsOf(supergraph, 'Subscription')
      .map(
        field =>
          [
            field.name.value,
            {
              resumption: resumptionOf(field),
              beginsWithState: namesOf(field.directives).includes(beginsWithState),
            },
          ] as const,
      )
      .filter(([, { resumption }]) => resumption !== undefined),
  )
}

const fieldsOf = (supergraph: DocumentNode, type: string): readonly FieldDefinitionNode[] =>
  supergraph.definitions
    .filter(definition => definition.kind === Kind.OBJECT_TYPE_DEFINITION)
    .filter(({ name }) => name.value === type)
    .flatMap(({ fields = [] }) => fields)

const isCursor = (supergraph: DocumentNode, event: string, name: string): boolean => {
  const field = fieldsOf(supergraph, event).find(field => field.name.value === name)
  if (field === undefined) return false
  const { type } = field
  const isList =
    type.kind === Kind.LIST_TYPE || (type.kind === Kind.NON_NULL_TYPE && type.type.kind === Kind.LIST_TYPE)
  return !isList && fieldsOf(supergraph, nameOf(type)).length === 0
}

const nullable = (type: TypeNode): TypeNode => (type.kind === Kind.NON_NULL_TYPE ? type.type : type)

const nameOf = (type: TypeNode): string =>
  type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type)
