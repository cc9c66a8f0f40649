import { type GraphQLError, OperationTypeNode } from 'graphql'
import { type FormatError, formatAny, formatAs, markAsOfMutation, statusOf } from '../errors.ts'
import { toText } from '../execution/answer.ts'
import type { Execution } from '../execution/execution.ts'
import { tellOperation } from '../execution/operation-span.ts'
import type { Outcome, Refusal } from '../execution/outcome.ts'
import type { ShareRun } from '../execution/shared-runs.ts'
import type { OperationContext } from '../subgraphs/call.ts'
import type { CountUse } from '../usage-reporting/use-counts.ts'
import type { KnownRequest } from './known-requests.ts'

/** Runs operations of known documents, as Apollo Server would. */
export type RunKnown = ReturnType<typeof createRunKnown>

/** Runs queries, equal ones once, and mutations without Apollo Server; never rejects. */
export const createRunKnown =
  (
    { prepare, authorityOf }: Execution,
    {
      shareRun,
      countUse,
      format,
    }: {
      readonly shareRun: ShareRun
      readonly countUse: CountUse
      readonly format: FormatError
    },
  ) =>
  async ({ operation, variables }: KnownRequest, caller: OperationContext): Promise<Outcome> => {
    const formatAll = (errors: readonly GraphQLError[]) => errors.map(error => formatAny(format, error))
    try {
      const { viewer, clientAddress, gone } = caller
      tellOperation(operation, viewer)
      countUse(operation, caller.client)
      const prepared = await prepare(operation, variables, {
        authority: authorityOf(viewer),
        viewer,
        clientAddress,
        gone,
      })
      if (prepared.kind === 'bad variables') {
        const errors = prepared.errors.map(error => formatAs('BAD_USER_INPUT', format, error))
        return { kind: 'refusal', status: 400, errors, hasData: false }
      }
      if (prepared.kind === 'refused')
        return { kind: 'refusal', status: 200, errors: formatAll(prepared.errors), hasData: true }
      const isMutation = operation.operation.operation === OperationTypeNode.MUTATION
      const answer = isMutation
        ? await prepared.execute(caller)
        : await shareRun(prepared, caller, gone => prepared.execute({ ...caller, gone }))
      if (isMutation) markAsOfMutation(answer.errors)
      return {
        kind: 'answer',
        text: toText(answer, format),
        maxAge: answer.maxAge,
        waitedMs: answer.waitedMs,
      }
    } catch (error) {
      const errors = [formatAny(format, error)]
      return { kind: 'refusal', status: statusOf(error) ?? 500, errors, hasData: false }
    }
  }

/** The text of a refusal's body. */
export const refusalText = ({ errors, hasData }: Pick<Refusal, 'errors' | 'hasData'>): string =>
  JSON.stringify(hasData ? { errors, data: null } : { errors })
