/** What a caught error says; what was thrown as text, if it is no error. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The code that an error carries, such as a SQLSTATE, a system error's ECONNREFUSED or a broker's NOT_FOUND; '' if it has none. */
export const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : ''
