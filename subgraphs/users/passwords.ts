import { randomUUID } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'

/** Hashes and checks passwords with argon2id, four at a time at most, the others in turn. */
export type Passwords = {
  /** A PHC string. */
  readonly hash: (password: string) => Promise<string>
  /** Whether the password belongs to the hash; false, after the same work, where there is no hash. */
  readonly matches: (hashed: string | undefined, password: string) => Promise<boolean>
}

// n.b. argon2id is the library's default algorithm; its enum can't be imported under type stripping
const parameters = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const
const maxAtOnce = 4

export const createPasswords = (): Passwords => {
  const inTurn = createTurns(maxAtOnce)
  const nobodys = inTurn(() => hash(randomUUID(), parameters))
  return {
    hash: password => inTurn(() => hash(normalized(password), parameters)),
    matches: async (hashed, password) => {
      const stored = hashed ?? (await nobodys)
      return (await inTurn(() => verify(stored, normalized(password)))) && hashed !== undefined
    },
  }
}

/** One character typed on different keyboards gives one password. */
const normalized = (password: string): string => password.normalize('NFKC')

const createTurns = (size: number) => {
  const waiting: (() => void)[] = []
  let free = size
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1
    else await new Promise<void>(resolve => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
}
