import { randomUUID } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { createTurns } from '@supergraph/runtime/turns.ts'

/** Hashes and checks passwords with argon2id, at most four at a time; the others wait for their turn. */
export type Passwords = {
  /** A PHC string. */
  readonly hash: (password: string) => Promise<string>
  /** Whether the password belongs to the hash; returns false, after the same work, if there is no hash. */
  readonly matches: Matches
  /** Waits for a turn, then runs work that may hash only with the function it is given. */
  readonly inTurn: <T>(work: (matches: Matches) => Promise<T>) => Promise<T>
}

type Matches = (hashed: string | undefined, password: string) => Promise<boolean>

// n.b. argon2id is the library's default algorithm; its enum can't be imported under type stripping
const parameters = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const

export const createPasswords = (): Passwords => {
  const { run: inTurn } = createTurns({ atOnce: 4 })
  const nobodys = inTurn(() => hash(randomUUID(), parameters))
  const matchNow: Matches = async (hashed, password) =>
    (await verify(hashed ?? (await nobodys), normalized(password))) && hashed !== undefined
  return {
    hash: password => inTurn(() => hash(normalized(password), parameters)),
    matches: (hashed, password) => inTurn(() => matchNow(hashed, password)),
    inTurn: work => inTurn(() => work(matchNow)),
  }
}

/** One character typed on different keyboards gives one password. */
const normalized = (password: string): string => password.normalize('NFKC')
