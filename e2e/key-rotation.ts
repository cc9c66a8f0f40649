import { setTimeout as pause } from 'node:timers/promises'
import { decodeProtectedHeader } from 'jose'
import { createGraphQLClient, signIn } from '../testbed/graphql-client.ts'
import { startProcess } from '../testbed/processes.ts'
import type { System } from '../testbed/system/system.ts'
import { waitUntil } from '../testbed/waiting.ts'
import { demoPassword } from './allocations.ts'

/** What came of a rotation of the signing key. */
export type Rotation = {
  /** Whom a token from before the rotation still stood for when the next key signed. */
  readonly nameByFirstToken: unknown
  /** The exit code and the output of `npm run keys:rotate`. */
  readonly command: readonly [number | null, string]
  /** The keys that have signed tokens. */
  readonly keys: readonly (string | undefined)[]
  /** Requests of customers that failed. */
  readonly failures: readonly unknown[]
}

const customers = 2

/** Who signs in meanwhile. n.b. other suites sign Ada out of all her sessions */
export const rotating = { email: 'linus@example.com', name: 'Linus Pauling' } as const

/** Rotates the signing key, which takes a minute, while customers sign in and ask who they are. */
export const rotateUnderLoad = async (system: System): Promise<Rotation> => {
  const askWhoIAm = async () => {
    const { email } = rotating
    const customer = await signIn(
      system.urlOf('gateway'),
      { email, password: demoPassword },
      { isPatient: false },
    )
    const answer = await customer.ask('{ me { name } }')
    return { accessToken: customer.accessToken ?? '', answer }
  }
  const { accessToken: firstToken } = await askWhoIAm()
  const keys = new Set([keyOf(firstToken)])
  const failures: unknown[] = []
  let isOver = false
  const load = async () => {
    while (!isOver) {
      const { accessToken, answer } = await askWhoIAm()
      keys.add(keyOf(accessToken))
      if (answer.data?.me?.name !== rotating.name) failures.push(answer)
      // n.b. hashing passwords without a pause for a minute would slow down every other suite
      await pause(500)
    }
  }
  const running = Promise.all(
    Array.from({ length: customers }, () => load().catch((error: unknown) => failures.push(error))),
  )
  try {
    const rotation = startProcess(['commands/keys/rotate-keys.ts'], {
      DATABASE_URL: system.databaseUrls.users,
    })
    const command = [await rotation.exited, rotation.output()] as const
    await waitUntil('the next key signs', async () => keys.size > 1, { timeoutMs: 100_000, pollMs: 200 })
    // n.b. asked now: the token is good for ten minutes, and the suites may take longer
    const { data } = await createGraphQLClient(system.urlOf('gateway'), firstToken).ask('{ me { name } }')
    return { nameByFirstToken: data?.me?.name, command, keys: [...keys], failures }
  } finally {
    isOver = true
    await running
  }
}

const keyOf = (accessToken: string): string | undefined => decodeProtectedHeader(accessToken).kid
