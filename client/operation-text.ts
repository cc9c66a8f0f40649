/** The text of a GraphQL operation, which also knows its variables and its data. */
export type OperationText<Data, Variables> = string & {
  readonly __apiType?: (variables: Variables) => Data
}
