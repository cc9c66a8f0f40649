import { argumentsOf, linkedDirectives } from '@supergraph/composition/linked-directives.ts'
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  print,
  type TypeNode,
} from 'graphql'

/** How a subscription goes on after an event: with the value that `field` had in the event as its `argument`. */
export type Resumption = { readonly argument: string; readonly argumentType: string; readonly field: string }

/** What a supergraph tells of a field of `Subscription`. */
export type SubscriptionMarks = {
  /** From the tag `resumes-after/<field>` of an argument; undefined if the subscription can't be resumed. */
  readonly resumption: Resumption | undefined
  /** From the tag `begins-with-state`: without that argument the first event is the newest change, and nothing is missed. */
  readonly beginsWithState: boolean
  /**
   * From the tag `state-of/<path>`: each event is the newest state of what the path in it names, and the subscription
   * begins with the states of all; empty if it is none.
   */
  readonly stateOf: readonly string[]
}

const features = { tag: 'https://specs.apollo.dev/tag/v0.3' }
const resumesAfter = 'resumes-after/'
const beginsWithState = 'begins-with-state'
const stateOf = 'state-of/'

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
      if (!isValue(supergraph, nameOf(subscription.type), [field])) throw badTag(subscription, tag)
      return { argument: name.value, argumentType: print(nullable(type)), field }
    }
    return undefined
  }

  const stateIn = (subscription: FieldDefinitionNode): readonly string[] => {
    const tag = namesOf(subscription.directives).find(name => name.startsWith(stateOf))
    if (tag === undefined) return []
    const path = tag.slice(stateOf.length).split('/')
    if (!isValue(supergraph, nameOf(subscription.type), path)) throw badTag(subscription, tag)
    return path
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
              stateOf: stateIn(field),
            },
          ] as const,
      )
      .filter(([, { resumption, stateOf }]) => resumption !== undefined || stateOf.length > 0),
  )
}

const fieldsOf = (supergraph: DocumentNode, type: string): readonly FieldDefinitionNode[] =>
  supergraph.definitions
    .filter(definition => definition.kind === Kind.OBJECT_TYPE_DEFINITION)
    .filter(({ name }) => name.value === type)
    .flatMap(({ fields = [] }) => fields)

const badTag = ({ name }: FieldDefinitionNode, tag: string) =>
  new Error(`Subscription.${name.value}: its event has no single value at what the tag "${tag}" names.`)

/** Whether a path leads from an event to a field that has one value. */
const isValue = (supergraph: DocumentNode, type: string, [name, ...rest]: readonly string[]): boolean => {
  const field = fieldsOf(supergraph, type).find(field => field.name.value === name)
  if (field === undefined || nullable(field.type).kind === Kind.LIST_TYPE) return false
  const found = nameOf(field.type)
  return rest.length > 0 ? isValue(supergraph, found, rest) : fieldsOf(supergraph, found).length === 0
}

const nullable = (type: TypeNode): TypeNode => (type.kind === Kind.NON_NULL_TYPE ? type.type : type)

const nameOf = (type: TypeNode): string =>
  type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type)
