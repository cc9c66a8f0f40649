import { createHmac, randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readPidFile } from '@supergraph/postgres/embedded.ts'
import { createIdentityKeys } from '@supergraph/runtime/identity.ts'
import { z } from 'zod'
import type { Service } from './settings.ts'

const keptSecrets = z.object({
  postgresPassword: z.string(),
  databasePasswords: z.object({
    USERS: z.string(),
    PRODUCTS: z.string(),
    ORDERS: z.string(),
    NOTIFICATIONS: z.string(),
  }),
  identityKeys: z.object({ gateway: z.string(), orders: z.string() }),
  identityIssuers: z.string(),
})

// n.b. what came later follows from the kept ones, so that an older installation has it too
const secrets = keptSecrets.transform(({ databasePasswords, ...kept }) => {
  const derive = (name: string) => createHmac('sha256', kept.postgresPassword).update(name).digest('hex')
  return {
    ...kept,
    databasePasswords: {
      ...databasePasswords,
      ANALYTICS: derive('analytics database'),
      PAYMENT_SIMULATOR: derive('payment simulator database'),
    },
    paymentSimulatorKey: `sk_test_${derive('payment simulator key')}`,
  }
})

/** What an embedded installation made up for itself at its first start, and keeps. */
export type Secrets = z.output<typeof secrets>

/** The folder of the embedded PostgreSQL. */
export const postgresDirectory = (directory: string): string => join(directory, 'postgres')

/** The folder of the mailbox's messages. */
export const mailDirectory = (directory: string): string => join(directory, 'mail')

/** Reads the installation's secrets, made at the first call and readable by their owner alone. */
export const readSecrets = async (directory: string): Promise<Secrets> => {
  const file = join(directory, 'secrets.json')
  if (existsSync(file)) return parseSecrets(file)
  const password = () => randomBytes(24).toString('base64url')
  const identity = await createIdentityKeys(['gateway', 'orders'])
  const made = keptSecrets.parse({
    postgresPassword: password(),
    databasePasswords: {
      USERS: password(),
      PRODUCTS: password(),
      ORDERS: password(),
      NOTIFICATIONS: password(),
    },
    identityKeys: identity.keys,
    identityIssuers: identity.issuers,
  })
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  // n.b. written aside and linked: a killed process leaves no half a file, and of two that start at once one's stays
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, JSON.stringify(made, null, 2), { mode: 0o600 })
  try {
    linkSync(draft, file)
  } catch (error) {
    if (!existsSync(file)) throw error
  } finally {
    rmSync(draft)
  }
  return parseSecrets(file)
}

/** The URL of a service's database on the embedded PostgreSQL; undefined while that does not run. */
export const embeddedDatabaseUrl = async (
  directory: string,
  service: Service,
): Promise<string | undefined> => {
  const server = await readPidFile(postgresDirectory(directory))
  if (server === undefined) return undefined
  const { databasePasswords } = await readSecrets(directory)
  const name = service.toLowerCase()
  return `postgres://${name}:${databasePasswords[service]}@127.0.0.1:${server.port}/${name}`
}

/** The secrets can't be read; the message says what to do. */
export class UnusableSecrets extends Error {}

const parseSecrets = (file: string): Secrets => {
  try {
    return secrets.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw new UnusableSecrets(
      `${file} is damaged, and without it the data beside it can't be opened: restore it, or start over with npm run reset`,
      { cause: error },
    )
  }
}
