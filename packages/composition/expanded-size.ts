import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql'

/** How many selections an operation has with its fragments in their places; infinite if one is inside of itself. */
export const expandedSize = (
  { definitions }: DocumentNode,
  { selectionSet }: OperationDefinitionNode,
): number => {
  const fragments = new Map(
    definitions.flatMap(definition =>
      definition.kind === Kind.FRAGMENT_DEFINITION
        ? [[definition.name.value, definition.selectionSet] as const]
        : [],
    ),
  )
  const known = new Map<string, number>()

  const sizeOfFragment = (name: string): number => {
    const size = known.get(name)
    if (size !== undefined) return size
    // n.b. what is under way when it is asked for again is inside of itself
    known.set(name, Number.POSITIVE_INFINITY)
    const fragment = fragments.get(name)
    const found = fragment === undefined ? 0 : sizeOf(fragment)
    known.set(name, found)
    return found
  }

  const sizeOf = ({ selections }: SelectionSetNode): number =>
    selections
      .map(selection => {
        if (selection.kind === Kind.FRAGMENT_SPREAD) return sizeOfFragment(selection.name.value)
        return 1 + (selection.selectionSet === undefined ? 0 : sizeOf(selection.selectionSet))
      })
      .reduce((sum, size) => sum + size, 0)

  return sizeOf(selectionSet)
}
