import { isObjectType, type Schema } from '@apollo/federation-internals'
import { GraphQLError, type ValidationRule } from 'graphql'

/** Refuses what can be asked of a schema by now, but not by way of the planner, which fails on it: `__Type.isOneOf`. */
export const createKnownIntrospectionRule =
  (apiSchema: Schema): ValidationRule =>
  context => ({
    Field: node => {
      const parent = context.getParentType()?.name
      const type = parent?.startsWith('__') ? apiSchema.type(parent) : undefined
      const { value: name } = node.name
      if (type === undefined || !isObjectType(type) || name.startsWith('__') || type.field(name)) return
      context.reportError(
        new GraphQLError(
          `Field "${name}" of type "${parent}" is not known here: leave it out of the introspection.`,
          { nodes: node },
        ),
      )
    },
  })
