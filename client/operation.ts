import { type AnyDocument, documentText } from './document-text.ts'
import { type OperationError, operationFailed, ShopError } from './shop-error.ts'

/** A GraphQL document; one that GraphQL Code Generator has typed also types data and variables. */
export type OperationDocument<Data, Variables> = AnyDocument & {
  readonly __apiType?: (variables: Variables) => Data
}

export type AnyVariables = Readonly<Record<string, unknown>>

/** What came: the data, and the errors of those of its fields that are null. */
export type Answer<Data> = { readonly data: Data; readonly errors: readonly OperationError[] }

/** Sends one operation, with this token, before it waits for anything; throws a ShopError if there is no data. */
export type Post = <Data, Variables>(
  document: OperationDocument<Data, Variables>,
  variables: Variables | undefined,
  accessToken: string | undefined,
  timeoutMs?: number,
) => Promise<Answer<Data>>

/** What a server may send as a result. */
export type RawAnswer<Data> = {
  readonly data?: Data | null | undefined
  readonly errors?: readonly OperationError[] | undefined
}

const answerWithinMs = 30_000

export const createPost =
  (url: string): Post =>
  async <Data>(
    document: AnyDocument,
    variables: unknown,
    accessToken?: string,
    timeoutMs = answerWithinMs,
  ) => {
    const headers = {
      'content-type': 'application/json',
      ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
    }
    const body = JSON.stringify({ query: documentText(document), variables })
    const answer = parseAnswer<Data>(await send(url, headers, body, timeoutMs))
    if (answer.data == null) throw operationFailed(answer.errors ?? [])
    return { data: answer.data, errors: answer.errors ?? [] }
  }

/** Whether nothing was run because the access token is no good. */
export const isTokenRefused = (error: unknown): boolean =>
  error instanceof ShopError && error.code === 'UNAUTHENTICATED'

/** Whether a result is nothing but errors: no root field has a value. */
export const isFailure = <Data>({ data, errors = [] }: RawAnswer<Data>): boolean =>
  data == null || (errors.length > 0 && Object.values(data).every(value => value === null))

const send = async (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  timeoutMs: number,
): Promise<string> => {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(timeoutMs),
    })
    return await response.text()
  } catch (cause) {
    throw new ShopError('UNREACHABLE', 'The shop does not answer.', { cause })
  }
}

const parseAnswer = <Data>(text: string): RawAnswer<Data> => {
  try {
    const answer = JSON.parse(text)
    if (typeof answer === 'object' && answer !== null && ('data' in answer || 'errors' in answer))
      return answer
  } catch {
    // n.b. a proxy may answer with an HTML page
  }
  throw new ShopError('UNREACHABLE', 'What answered is not the shop.')
}
