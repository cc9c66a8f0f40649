import { currentTraceparent, traceHeader } from '@supergraph/runtime/trace-context.ts'
import { type Policy, withHeader } from '../call.ts'

/** Sends the trace of the work under way. */
export const withTrace: Policy = next => call => {
  const traceparent = currentTraceparent()
  return next(traceparent === undefined ? call : withHeader(call, traceHeader, traceparent))
}
