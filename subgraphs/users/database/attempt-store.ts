import { type DataSource, In } from 'typeorm'
import { afterFailure, blockedForMs, type Suspect } from '../domain/throttle.ts'
import { hashOf } from '../refresh-token.ts'
import { type LoginAttemptsRow, LoginAttemptsTable } from './tables.ts'

/** Whom wrong passwords count against, each kind by a text of its own. */
export type Suspects = Readonly<Partial<Record<Suspect, string | undefined>>>

export type AttemptStore = ReturnType<typeof createAttemptStore>

/** The wrong passwords of late. */
export const createAttemptStore = (database: DataSource) => ({
  /** How long these must wait before the next password is looked at, in ms; 0 where they needn't. */
  blockedForMs: async (suspects: Suspects, now: Date): Promise<number> => {
    const rows = await database
      .getRepository(LoginAttemptsTable)
      .findBy({ key: In(keysOf(suspects).map(({ key }) => key)) })
    return Math.max(0, ...rows.map(row => blockedForMs(row, now)))
  },

  /** Counts one wrong password against each of these. */
  addFailure: (suspects: Suspects, now: Date): Promise<void> =>
    database.transaction(async manager => {
      // n.b. always in one order, so that two failures at once can't wait for each other
      for (const { key, suspect } of keysOf(suspects)) {
        await manager.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [key])
        const known: LoginAttemptsRow | null = await manager.findOneBy(LoginAttemptsTable, { key })
        const next = afterFailure(known ?? undefined, suspect, now)
        await manager.upsert(LoginAttemptsTable, { key, ...next }, ['key'])
      }
    }),

  /** Forgets the wrong passwords that count against these, but for those of the network: it may try other accounts. */
  forgive: async ({ network: _, ...suspects }: Suspects): Promise<void> => {
    const keys = keysOf(suspects).map(({ key }) => key)
    await database.getRepository(LoginAttemptsTable).delete({ key: In(keys) })
  },
})

const keysOf = (suspects: Suspects) =>
  kinds.flatMap(suspect => {
    const value = suspects[suspect]
    return value === undefined ? [] : [{ suspect, key: keyOf(suspect, value) }]
  })

const kinds = ['account-from-network', 'network', 'account', 'password-change'] satisfies readonly Suspect[]

// n.b. hashed, since what was typed as an e-mail address may be of any length, or a password
const keyOf = (suspect: Suspect, value: string): string => `${suspect}:${hashOf(value)}`
