import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { fragmentsOf, isIntrospection } from '../authorization/selections.ts'
import { maxNesting } from './nesting.ts'
import { tooLarge } from './refusal.ts'

/** The figures of a selection set. What a fragment has counts again at each place that spreads it. */
export type Shape = {
  /** Fields of the set itself, which is that of the operation in the end. */
  readonly rootFields: number
  readonly aliases: number
  readonly directives: number
  /** Fields and fragments. */
  readonly selections: number
  /** How deep fields lie in each other, introspection aside. */
  readonly depth: number
  /** How deep selection sets lie in each other. */
  readonly nesting: number
}

/**
 * Measures the operations of a document, each of its fragments once. Throws OPERATION_TOO_LARGE if selection sets lie
 * too deep in each other. It takes documents that are not valid yet: a fragment in itself or one that is missing has nothing.
 */
export const shapesOf = (document: DocumentNode): readonly Shape[] => {
  const fragments = fragmentsOf(document)
  const measured = new Map<string, Shape>()

  const ofSet = ({ selections }: SelectionSetNode, level: number): Shape => {
    if (level > maxNesting) throw tooLarge('nesting', { allowed: maxNesting })
    const { nesting, ...shape } = selections
      .map(selection => ofSelection(selection, level))
      .reduce(both, nothing)
    return { ...shape, nesting: nesting + 1 }
  }

  const ofSelection = (node: SelectionNode, level: number): Shape => {
    switch (node.kind) {
      case Kind.FIELD:
        return ofField(node, level)
      case Kind.INLINE_FRAGMENT:
        return around(node, ofSet(node.selectionSet, level + 1))
      case Kind.FRAGMENT_SPREAD:
        return around(node, ofFragment(node.name.value, level + 1))
      default:
        return node satisfies never
    }
  }

  const ofField = (node: FieldNode, level: number): Shape => {
    const inside = node.selectionSet === undefined ? nothing : ofSet(node.selectionSet, level + 1)
    return {
      ...around(node, inside),
      rootFields: 1,
      aliases: inside.aliases + (node.alias === undefined ? 0 : 1),
      depth: isIntrospection(node) ? 1 : inside.depth + 1,
    }
  }

  const ofFragment = (name: string, level: number): Shape => {
    const known = measured.get(name)
    if (known !== undefined) {
      if (level + known.nesting - 1 > maxNesting) throw tooLarge('nesting', { allowed: maxNesting })
      return known
    }
    const fragment = fragments.get(name)
    if (fragment === undefined) return nothing
    // n.b. until it is measured, a fragment that spreads itself has nothing: validation refuses it
    measured.set(name, nothing)
    const { directives, ...shape } = ofSet(fragment.selectionSet, level)
    const whole = { ...shape, directives: directives + countOf(fragment) }
    measured.set(name, whole)
    return whole
  }

  const ofOperation = (operation: OperationDefinitionNode): Shape => {
    const { directives, ...shape } = ofSet(operation.selectionSet, 1)
    const own = [operation, ...(operation.variableDefinitions ?? [])].reduce(
      (total, node) => total + countOf(node),
      0,
    )
    return { ...shape, directives: directives + own }
  }

  // n.b. validation follows fragments that no operation spreads, too
  for (const name of fragments.keys()) ofFragment(name, 1)
  return document.definitions.flatMap(definition =>
    definition.kind === Kind.OPERATION_DEFINITION ? [ofOperation(definition)] : [],
  )
}

const nothing: Shape = { rootFields: 0, aliases: 0, directives: 0, selections: 0, depth: 0, nesting: 0 }

const both = (one: Shape, other: Shape): Shape => ({
  rootFields: sum(one.rootFields, other.rootFields),
  aliases: sum(one.aliases, other.aliases),
  directives: sum(one.directives, other.directives),
  selections: sum(one.selections, other.selections),
  depth: Math.max(one.depth, other.depth),
  nesting: Math.max(one.nesting, other.nesting),
})

/** A selection with what it has inside. */
const around = (node: SelectionNode, inside: Shape): Shape => ({
  ...inside,
  directives: inside.directives + countOf(node),
  selections: inside.selections + 1,
})

const countOf = ({
  directives = [],
}: {
  readonly directives?: readonly DirectiveNode[] | undefined
}): number => directives.length

// n.b. forty fragments that each spread the next one twice have 2^40 fields
const sum = (one: number, other: number): number => Math.min(one + other, Number.MAX_SAFE_INTEGER)
