import { ExpectedError } from '@supergraph/runtime/expected-error.ts'

/** The embedded server can't be used; the one-line message says what to do, the cause holds the server's last log lines. */
export class EmbeddedPostgresError extends ExpectedError {
  override readonly name = 'EmbeddedPostgresError'
}

/** What every message offers as the way out that needs no embedded server. */
export const useOwnServer = 'install PostgreSQL and set the *_DATABASE_URL settings'

/** The last lines of a program's output as an error's cause. */
export const logTail = (log: string): Error => new Error(log.trimEnd().split('\n').slice(-20).join('\n'))
