import { messageOf } from '@supergraph/runtime/error-text.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { Agent } from 'undici'
import { type GraphQLResponse, requestGraphQL } from '../../testbed/graphql-client.ts'
import type { FaultSystem } from '../fault-system.ts'
import type { Ask } from '../shop/ask.ts'

/** How gateways have answered customers. */
export type Answers = {
  /** How many answers were whole. */
  readonly whole: number
  /** How many said in the contract's words to come again, or left a part out and said so. */
  readonly again: number
  /** With what words, each once. */
  readonly againWords: readonly string[]
  /** The answers that the contract does not allow, in words. */
  readonly wrong: readonly string[]
  readonly slowestReadMs: number
  readonly slowestWriteMs: number
}

/** Asks gateways as clients do, and judges their answers. */
export type GatewayAsk = Running & {
  readonly ask: Ask
  /** The answers since they were last taken. */
  readonly take: () => Answers
  /** How many answers in a row were whole. */
  readonly wholeInARow: () => number
  /** Until the next call also answers with these codes are right. */
  readonly allow: (codes: readonly string[]) => void
}

/** The codes that say of a request: come again. */
const againCodes = ['SERVICE_UNAVAILABLE', 'SERVICE_TIMEOUT', 'TOO_MANY_OPERATIONS']
// n.b. a page asks subgraphs in up to three waves, each of which has 2 s; a mutation has 10 s
const readWithinMs = 6_500
const writeWithinMs = 11_000
const lostAfterMs = 25_000

const none: Answers = { whole: 0, again: 0, againWords: [], wrong: [], slowestReadMs: 0, slowestWriteMs: 0 }

/** Asks the gateway with the number of the process that is to be asked. */
export const createGatewayAsk = ({
  urlOf,
  accessToken,
}: Pick<FaultSystem, 'urlOf' | 'accessToken'>): GatewayAsk => {
  const dispatcher = new Agent({ headersTimeout: lostAfterMs, bodyTimeout: lostAfterMs, connections: null })
  const tokens = new Map<string, Promise<string>>()
  let answers = none
  let wholeInARow = 0
  let allowed = againCodes

  const tokenOf = (userId: string): Promise<string> => {
    const token = tokens.get(userId) ?? accessToken(userId)
    tokens.set(userId, token)
    return token
  }
  const judge = (response: GraphQLResponse, isWrite: boolean, tookMs: number): void => {
    const codes = (response.errors ?? []).map(({ extensions }) => extensions?.code ?? 'no code')
    const isLate = tookMs > (isWrite ? writeWithinMs : readWithinMs)
    const isWrong = isLate || codes.some(code => !allowed.includes(code))
    const words = [...codes, ...(/"__typename":"TryAgain".*/.exec(JSON.stringify(response.data)) ?? [])]
    const isAgain = words.length > 0
    wholeInARow = isWrong || isAgain ? 0 : wholeInARow + 1
    answers = {
      whole: answers.whole + (isWrong || isAgain ? 0 : 1),
      again: answers.again + (!isWrong && isAgain ? 1 : 0),
      againWords: isAgain ? [...new Set([...answers.againWords, ...words])] : answers.againWords,
      wrong: isWrong
        ? [...answers.wrong, `after ${tookMs} ms: ${JSON.stringify(response).slice(0, 500)}`]
        : answers.wrong,
      slowestReadMs: Math.max(answers.slowestReadMs, isWrite ? 0 : tookMs),
      slowestWriteMs: Math.max(answers.slowestWriteMs, isWrite ? tookMs : 0),
    }
  }

  return {
    ask: async (process, { viewer, ...operation }) => {
      const url = urlOf(process.endsWith('2') ? 'gateway-2' : 'gateway-1')
      const token = viewer.kind === 'user' ? await tokenOf(viewer.id) : undefined
      const isWrite = operation.query.startsWith('mutation')
      const startedAtMs = performance.now()
      const tookMs = () => Math.round(performance.now() - startedAtMs)
      try {
        const response = await requestGraphQL(url, operation, { accessToken: token, dispatcher })
        judge(response, isWrite, tookMs())
        const { data, errors } = response
        return errors === undefined
          ? { kind: 'data', data }
          : { kind: 'failed', message: errors.map(({ message }) => message).join('; ') }
      } catch (error) {
        wholeInARow = 0
        answers = {
          ...answers,
          wrong: [...answers.wrong, `no answer after ${tookMs()} ms: ${messageOf(error)}`],
        }
        return { kind: 'lost', message: messageOf(error) }
      }
    },
    take: () => {
      const taken = answers
      answers = none
      return taken
    },
    wholeInARow: () => wholeInARow,
    allow: codes => {
      allowed = [...againCodes, ...codes]
    },
    stop: () => dispatcher.destroy(),
  }
}
