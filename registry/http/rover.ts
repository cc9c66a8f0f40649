import type { IncomingMessage } from 'node:http'
import type { FormattedExecutionResult } from 'graphql'

/** Whether a request comes from rover. */
export const isRover = ({ headers }: IncomingMessage): boolean =>
  headers['apollographql-client-name'] === 'rover-client'

/**
 * An answer with errors in the form of which rover 0.41 shows most. It reads the data before the errors, and stops at an object
 * that lacks a part. Most commands show the errors if the data has nothing but null; `graph fetch` never does, but says what
 * it misses in the data.
 */
export const presentToRover = (
  { data, errors }: FormattedExecutionResult,
  operationName: string | null | undefined,
  frontendUrlRoot: string,
): FormattedExecutionResult => {
  if (errors === undefined) return { data: data ?? null }
  const nothing = { graph: null, variant: null, me: null, frontendUrlRoot }
  return operationName === 'GraphFetchQuery' ? { data: data ?? nothing } : { data: nothing, errors }
}
