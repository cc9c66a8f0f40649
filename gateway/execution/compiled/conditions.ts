import {
  type DirectiveNode,
  type DocumentNode,
  Kind,
  type VariableDefinitionNode,
  valueFromASTUntyped,
  visit,
} from 'graphql'
import { gatewayError } from '../../errors.ts'
import type { IsIncluded } from './shape.ts'

type Values = Readonly<Record<string, unknown>>

/** Whether a variable by which `@skip` or `@include` decides is true in one run; throws BAD_USER_INPUT if it is null. */
export type IsTrue = (variable: string, values: Values) => boolean

/** Tells it by the values that the client gives, or else by the operation's defaults. */
export const createIsTrue = (definitions: readonly VariableDefinitionNode[] = []): IsTrue => {
  const defaults = new Map<string, unknown>()
  for (const { variable, defaultValue } of definitions)
    if (defaultValue !== undefined) defaults.set(variable.name.value, valueFromASTUntyped(defaultValue))
  return (variable, values) => {
    const given = Object.hasOwn(values, variable) ? values[variable] : undefined
    const value = given === undefined ? defaults.get(variable) : given
    if (typeof value === 'boolean') return value
    throw gatewayError(
      'BAD_USER_INPUT',
      `Variable "$${variable}" decides whether a field is selected: it can't be null.`,
    )
  }
}

const conditional: ReadonlySet<string> = new Set(['skip', 'include'])

/** The variables by which `@skip` and `@include` decide in a document. */
export const conditionsIn = (document: DocumentNode): readonly string[] => {
  const names = new Set<string>()
  visit(document, {
    Directive: ({ name, arguments: [argument] = [] }) => {
      if (conditional.has(name.value) && argument?.value.kind === Kind.VARIABLE)
        names.add(argument.value.name.value)
    },
  })
  return [...names]
}

/** Decides which selections are left by the values of the variables. */
export const createIsIncluded =
  (isTrue: (variable: string) => boolean): IsIncluded =>
  (directives = []) =>
    directives.every(directive => isMet(directive, isTrue))

const isMet = (
  { name, arguments: [argument] = [] }: DirectiveNode,
  isTrue: (variable: string) => boolean,
): boolean => {
  if (!conditional.has(name.value) || argument === undefined) return true
  const { value } = argument
  const given =
    value.kind === Kind.VARIABLE ? isTrue(value.name.value) : value.kind === Kind.BOOLEAN && value.value
  return given === (name.value === 'include')
}
