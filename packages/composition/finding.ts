/** One line of a schema check: FAIL breaks clients, WARN may surprise them, PASS does neither. */
export type Finding = {
  readonly status: 'FAIL' | 'WARN' | 'PASS'
  /** What kind of change, SCREAMING_CASE. */
  readonly code: string
  /** A schema coordinate such as `User.email`, or a file. */
  readonly path: string
  readonly message: string
  /** Names of the recorded operations that use what changed, or of the queues that take it. */
  readonly operations: readonly string[]
}

export const fail = (
  code: string,
  path: string,
  message: string,
  operations: readonly string[] = [],
): Finding => ({ status: 'FAIL', code, path, message, operations })

export const pass = (code: string, path: string, message: string): Finding => ({
  status: 'PASS',
  code,
  path,
  message,
  operations: [],
})
