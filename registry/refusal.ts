/** What the registry does not do, and why, in words for the caller. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: 'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_FOUND' | 'BAD_USER_INPUT'
  constructor(code: Refusal['code'], message: string) {
    super(message)
    this.code = code
  }
}
