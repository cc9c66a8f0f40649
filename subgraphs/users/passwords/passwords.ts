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

/** Too many passwords wait to be hashed or checked already, so that this one would come too late for its caller. */
export class PasswordsBusy extends Error {
  override readonly name = 'PasswordsBusy'
}

type Matches = (hashed: string | undefined, password: string) => Promise<boolean>

// n.b. argon2id is the library's default algorithm; its enum can't be imported under type stripping
const parameters = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const

const maxWaiting = 200

export const createPasswords = (): Passwords => {
  const turns = createTurns({ atOnce: 4, maxWaiting })
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const release = await turns.take()
    if (typeof release === 'string') throw new PasswordsBusy(`${maxWaiting} passwords wait already`)
    return work().finally(release)
  }
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
