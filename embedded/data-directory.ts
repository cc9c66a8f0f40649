import { createHmac, randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readPidFile, urlOf } from '@supergraph/postgres/embedded.ts'
import { codeOf } from '@supergraph/runtime/error-text.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { createIdentityKeys } from '@supergraph/runtime/identity-keys.ts'
import { z } from 'zod'
import {
  databaseNameOf,
  prefixOf,
  type SignerName,
  type StatefulName,
  signerNames,
  statefulNames,
} from '../services.ts'
import { recordOf } from './records.ts'
import { databaseSettingOf, directSettingOf, type Settings } from './settings.ts'

const keptSecrets = z.object({
  postgresPassword: z.string(),
  databasePasswords: z.record(z.string(), z.string()),
  identityKeys: z.record(z.string(), z.string()),
  identityIssuers: z.string(),
})

// n.b. the password of a database that is newer than the installation follows from a kept secret
const secrets = keptSecrets.transform(({ databasePasswords, identityKeys, ...kept }) => {
  const derivedBytes = (name: string) => createHmac('sha256', kept.postgresPassword).update(name).digest()
  const derive = (name: string) => derivedBytes(name).toString('hex')
  const keyOf = (name: SignerName) => {
    const key = identityKeys[name]
    if (key === undefined) throw new Error(`there is no identity key for ${name}`)
    return key
  }
  return {
    ...kept,
    databasePasswords: recordOf(
      statefulNames(),
      prefixOf,
      name => databasePasswords[prefixOf(name)] ?? derive(`${name.replaceAll('-', ' ')} database`),
    ),
    identityKeys: recordOf(signerNames(), name => name, keyOf),
    linkKeys: derivedBytes('link keys').toString('base64url'),
    totpKeys: derivedBytes('totp keys').toString('base64url'),
    paymentSimulatorKey: `sk_test_${derive('payment simulator key')}`,
    webhookSecret: `whsec_${derive('webhook secret')}`,
  }
})

/** The secrets of an embedded installation. */
export type Secrets = z.output<typeof secrets>

/** The folder of the embedded PostgreSQL. */
export const postgresDirectory = (directory: string): string => join(directory, 'postgres')

/** The folder of the mailbox's messages. */
export const mailDirectory = (directory: string): string => join(directory, 'mail')

/** Reads the installation's secrets; the first call makes them, in a file that only its owner can read. */
export const readSecrets = async (directory: string): Promise<Secrets> => {
  const file = join(directory, 'secrets.json')
  if (existsSync(file)) return parseSecrets(file)
  const password = () => randomBytes(24).toString('base64url')
  const identity = await createIdentityKeys(signerNames())
  const made = keptSecrets.parse({
    postgresPassword: password(),
    databasePasswords: recordOf(statefulNames(), prefixOf, password),
    identityKeys: identity.keys,
    identityIssuers: identity.issuers,
  })
  // n.b. a link appears whole: a killed process leaves no half of a file, and if two start at once, both use the first file
  const draft = `${file}.${process.pid}`
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    writeFileSync(draft, JSON.stringify(made, null, 2), { mode: 0o600 })
  } catch (error) {
    throw new UnusableDirectory(
      `${directory} can't be used (${codeOf(error)}): let this user write there, or put another folder into DATA_DIR`,
      { cause: error },
    )
  }
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
  service: StatefulName,
): Promise<string | undefined> => {
  const server = await readPidFile(postgresDirectory(directory))
  if (server === undefined) return undefined
  const { databasePasswords } = await readSecrets(directory)
  return urlOf(server.port, databaseNameOf(service), databasePasswords[prefixOf(service)])
}

/**
 * The URL of a service's database, of PostgreSQL itself rather than of a pooler: the one that the settings name, else that of
 * the running `npm start`.
 */
export const findDatabaseUrl = async (
  settings: Settings,
  service: StatefulName,
): Promise<string | undefined> =>
  settings[directSettingOf(service)] ??
  settings[databaseSettingOf(service)] ??
  (await embeddedDatabaseUrl(settings.DATA_DIR, service))

class UnusableDirectory extends ExpectedError {}

class UnusableSecrets extends ExpectedError {}

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
