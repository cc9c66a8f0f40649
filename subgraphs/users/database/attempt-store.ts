import { type DataSource, In } from 'typeorm'
import { hashOf } from '../domain/refresh-token.ts'
import { type AttemptKind, afterFailure, blockedForMs } from '../domain/throttle.ts'
import { type LoginAttemptsRow, loginAttemptsTable } from './tables.ts'

/** What a password counts against if it is wrong: by kind, the account, network or user. */
export type AttemptSources = Readonly<Partial<Record<AttemptKind, string | undefined>>>

export type AttemptStore = ReturnType<typeof createAttemptStore>

/** The recent wrong passwords. */
export const createAttemptStore = (database: DataSource) => ({
  /** How long to wait before the next password of these sources is checked, in ms; 0 if one may be tried now. */
  blockedForMs: async (sources: AttemptSources, now: Date): Promise<number> => {
    const rows = await database
      .getRepository(loginAttemptsTable)
      .findBy({ key: In(keysOf(sources).map(({ key }) => key)) })
    return Math.max(0, ...rows.map(row => blockedForMs(row, now)))
  },

  /** Counts one wrong password against each source. */
  addFailure: (sources: AttemptSources, now: Date): Promise<void> =>
    database.transaction(async manager => {
      // n.b. always in the same order, so that two failures at once can't deadlock
      for (const { key, kind } of keysOf(sources)) {
        await manager.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [key])
        const known: LoginAttemptsRow | null = await manager.findOneBy(loginAttemptsTable, { key })
        const next = afterFailure(known ?? undefined, kind, now)
        await manager.upsert(loginAttemptsTable, { key, ...next }, ['key'])
      }
    }),

  /** Forgets the wrong passwords of these sources, except the network's: the network may be trying other accounts. */
  forgive: async ({ network: _, ...sources }: AttemptSources): Promise<void> => {
    const keys = keysOf(sources).map(({ key }) => key)
    await database.getRepository(loginAttemptsTable).delete({ key: In(keys) })
  },
})

const keysOf = (sources: AttemptSources) =>
  kinds.flatMap(kind => {
    const source = sources[kind]
    return source === undefined ? [] : [{ kind, key: keyOf(kind, source) }]
  })

const kinds = [
  'account-from-network',
  'network',
  'account',
  'password-change',
] satisfies readonly AttemptKind[]

// n.b. hashed, since a text that was typed as an e-mail address may be of any length, or a password
const keyOf = (kind: AttemptKind, source: string): string => `${kind}:${hashOf(source)}`
