/** What a token is for that somebody gets by e-mail. */
export type TokenPurpose = 'password-reset' | 'email-verification' | 'email-change' | 'email-change-undo'

/** What a sealed token is bound to: it can't be opened as another user's, or as one for another purpose. */
export const tokenBoundTo = (purpose: TokenPurpose, userId: string): string =>
  JSON.stringify([purpose, userId])
