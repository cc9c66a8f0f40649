import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { databaseSettingOf } from '../../embedded/settings.ts'
import { databaseNameOf, type StatefulName, services, signerNames, statefulNames } from '../../services.ts'
import { createSecrets, identityKeyNameOf, passwordNameOf, simulatedPayments, type Texts } from './secrets.ts'

/** n.b. Compose mounts a file as it is, and the users of the containers are others than the one who runs this command. */
const everybodyReads = 0o644
const ownerEnters = 0o700
const othersEnter = 0o001

const brokerUser = 'supergraph'

/** The secrets that somebody else gives, and what a shop has without them. n.b. an empty file counts as none */
const givenByOthers: Texts = {
  SMTP_URL: `smtp://mailbox:${services.mailbox.smtpPort}`,
  ADMIN_PASSWORD: '',
  DEMO_PASSWORD: '',
  CONSOLE_STAFF_PASSWORD: '',
  ENTITY_CACHE_URL: '',
  OTEL_EXPORTER_OTLP_HEADERS: '',
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: '',
  OTEL_EXPORTER_OTLP_LOGS_HEADERS: '',
}

const identityNames = [...signerNames().map(identityKeyNameOf), 'IDENTITY_ISSUERS']

/** The files that have the same password. */
const passwordFiles: readonly (readonly string[])[] = [
  ...statefulNames().map(name => [passwordNameOf(name), databaseSettingOf(name)]),
  ['RABBITMQ_URL', 'RABBITMQ_CONF'],
]

/**
 * Writes the files of secrets that `docker-compose.yml` names and that are not there yet, into the folder that SECRETS_DIR of
 * `.env` names, else into `./secrets`, and adds to `.env` what Compose needs beside them. What `.env` has of the secrets
 * already goes into the files. No file and no line is changed. Returns what was done, as text.
 *
 * Throws an ExpectedError if the folder can't be used, if others may enter it, or if it has a part of what must fit together.
 */
export const writeSecretFiles = async (): Promise<string> => {
  const env = existsSync('.env') ? readFileSync('.env', 'utf8') : ''
  const settings = parseEnv(env)
  const folder = settings.SECRETS_DIR || './secrets'
  const made = { ...givenByOthers, ...(await createSecrets()) }
  const given = pick(settings, Object.keys(made))
  const files = filesOf({ ...made, ...given })
  const there = Object.keys(files).filter(name => existsSync(join(folder, name)))
  const differing = Object.keys(given).filter(name => {
    const file = name === 'RABBITMQ_PASSWORD' ? 'RABBITMQ_URL' : name
    return there.includes(file) && readFileSync(join(folder, file), 'utf8').trimEnd() !== files[file]
  })
  checkWhole(identityNames, [...there, ...Object.keys(given)], folder)
  for (const names of passwordFiles) checkWhole(names, there, folder)

  const wanted = {
    SECRETS_DIR: folder,
    ...('STRIPE_API_KEY' in given || there.includes('STRIPE_API_KEY') ? {} : simulatedPayments),
  }
  const lines = Object.fromEntries(Object.entries(wanted).filter(([name]) => !settings[name]))
  const missing = Object.entries(files).filter(([name]) => !there.includes(name))
  try {
    makeFolder(folder)
    const separator = env === '' || env.endsWith('\n') ? '' : '\n'
    const added = Object.entries(lines).map(([name, value]) => `${name}=${value}\n`)
    if (added.length > 0) appendFileSync('.env', `${separator}${added.join('')}`)
    for (const [name, text] of missing) writeFile(join(folder, name), text)
  } catch (error) {
    if (error instanceof ExpectedError) throw error
    const advice = 'let this user write there, or put another folder into SECRETS_DIR of .env'
    throw new ExpectedError(`${folder} or .env can't be written (${messageOf(error)}): ${advice}`, {
      cause: error,
    })
  }

  const kept = Object.keys(given).filter(name => !differing.includes(name))
  const before = there.length === 0 ? '' : `, beside ${there.length} that were there`
  return [
    missing.length === 0
      ? `${folder} had all ${there.length} files of secrets already.`
      : `${folder} has ${missing.length} new files of secrets${before}. Back it up.`,
    ...about('.env has got', Object.keys(lines)),
    ...about(
      'The files have what these lines of .env say, which Compose passes on no more; delete them:',
      kept,
    ),
    ...about('The files, which count, say something else than these lines of .env; decide:', differing),
  ].join('\n')
}

/** The texts of the files, from secrets by the names that they have in `.env`. */
const filesOf = ({ RABBITMQ_PASSWORD: brokerPassword = '', ...secrets }: Texts): Texts => {
  const urlOf = (name: StatefulName) => {
    const database = databaseNameOf(name)
    const password = encodeURIComponent(secrets[passwordNameOf(name)] ?? '')
    return `postgres://${database}:${password}@${name}-db:5432/${database}`
  }
  return {
    ...secrets,
    ...Object.fromEntries(statefulNames().map(name => [databaseSettingOf(name), urlOf(name)])),
    RABBITMQ_URL: `amqp://${brokerUser}:${encodeURIComponent(brokerPassword)}@rabbitmq:5672`,
    RABBITMQ_CONF: `default_user = ${brokerUser}\ndefault_pass = ${brokerPassword}`,
  }
}

/** Throws an ExpectedError if some of what must fit together is known, and some is not. */
const checkWhole = (names: readonly string[], known: readonly string[], folder: string): void => {
  const lost = names.filter(name => !known.includes(name))
  const kept = names.filter(name => known.includes(name))
  if (lost.length === 0 || kept.length === 0) return
  throw new ExpectedError(
    `${folder} lacks ${listed(lost)}, which must fit ${listed(kept)}: put back what was there, or delete these too`,
  )
}

const makeFolder = (folder: string): void => {
  mkdirSync(folder, { recursive: true, mode: ownerEnters })
  if ((statSync(folder).mode & othersEnter) !== 0)
    throw new ExpectedError(
      `every user of this machine could read the secrets in ${folder}: close it first, with chmod 700 ${folder}`,
    )
}

const writeFile = (path: string, text: string): void => {
  writeFileSync(path, `${text}\n`, { flag: 'wx' })
  // n.b. the mode of a new file would lack what the umask takes away
  chmodSync(path, everybodyReads)
}

/** Those of some names that have a text. */
const pick = (texts: Readonly<Record<string, string | undefined>>, names: readonly string[]): Texts =>
  Object.fromEntries(names.map(name => [name, texts[name] ?? ''] as const).filter(([, text]) => text !== ''))

const about = (words: string, names: readonly string[]): readonly string[] =>
  names.length === 0 ? [] : [`${words} ${listed(names)}.`]

const listed = (names: readonly string[]): string => names.join(', ')
