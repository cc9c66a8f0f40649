import { ExpectedError } from '@supergraph/runtime/expected-error.ts'

/** What the registry does not do, and why, in words for the caller. */
export class Refusal extends ExpectedError {
  override readonly name = 'Refusal'
  readonly code: 'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_FOUND' | 'BAD_USER_INPUT' | 'SERVICE_UNAVAILABLE'
  constructor(code: Refusal['code'], message: string) {
    super(message)
    this.code = code
  }
}
