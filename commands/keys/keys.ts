import { fchmodSync, fstatSync } from 'node:fs'
import { parseEnvironment } from '@supergraph/runtime/environment.ts'
import { createNextIdentityKey, identityIssuers } from '@supergraph/runtime/identity-keys.ts'
import { z } from 'zod'
import { type SignerName, signerNames } from '../../services.ts'
import { parseArguments, runCommand, UsageError } from '../command-line.ts'
import { writeSecretFiles } from './secret-files.ts'
import { createSecrets, identityKeyNameOf, simulatedPayments } from './secrets.ts'

const help = `npm run keys -- --files
npm run --silent keys > .env
npm run --silent keys -- --next gateway|orders

Makes new secrets: a key for each process that signs identity tokens, the public keys of them all, a key that seals what
links in e-mails carry, one that seals the secrets of the apps that make codes, and a password for each database, for
RabbitMQ and for the console. Payments are simulated; for Stripe, put your secret key into STRIPE_API_KEY and the secret
of your webhook endpoint into STRIPE_WEBHOOK_SECRETS, and delete COMPOSE_PROFILES and STRIPE_API_URL.

Without an option it prints them as NAME=value, for separate processes and for Kubernetes, and writes nothing. A file that
the output goes to is made readable for you alone. Without --silent npm prints two lines of its own, which such a file
must not have. Nothing is ever sent anywhere.

The databases and RabbitMQ take their passwords at their very first start: if they have data already, keep the secrets that
made it.

  --files      writes a file for each secret that docker-compose.yml names, into a folder that nobody else can enter: the
               one of SECRETS_DIR in .env, else ./secrets. A file that is there stays as it is, so this also adds what a
               new release needs. Secrets that .env has go into the files. .env gets SECRETS_DIR, and what payments need
  --next NAME  prints the next key with which that process signs identity tokens, and the three steps in which it
               replaces the old one while the system runs. IDENTITY_ISSUERS of the environment has the keys of now, or
               IDENTITY_ISSUERS_FILE names their file: IDENTITY_ISSUERS_FILE=secrets/IDENTITY_ISSUERS
  --help       this text`

const variables = z.object({ IDENTITY_ISSUERS: z.string().optional() })

const printNext = async (issuer: SignerName): Promise<void> => {
  const { IDENTITY_ISSUERS: setting } = parseEnvironment('keys', variables, process.env)
  if (setting === undefined)
    throw new UsageError(
      'IDENTITY_ISSUERS is not set: put the public keys of now there, or their file into IDENTITY_ISSUERS_FILE.',
    )
  const issuers = identityIssuers.safeParse(setting)
  if (!issuers.success)
    throw new UsageError(`IDENTITY_ISSUERS is not usable: ${issuers.error.issues[0]?.message}.`)
  const { key, both, alone } = await createNextIdentityKey(issuers.data, issuer)
  keepPrivate()
  console.log(`# 1. Give these keys to every subgraph, and start all of them anew:
IDENTITY_ISSUERS=${both}
# 2. When all of them run, give this key to ${issuer}, and start it anew:
${identityKeyNameOf(issuer)}=${key}
# 3. A minute after the last ${issuer} with the old key has ended, give these to every subgraph, and start all anew:
IDENTITY_ISSUERS=${alone}`)
}

const printKeys = async (): Promise<void> => {
  const variables = { ...(await createSecrets()), ...simulatedPayments }
  keepPrivate()
  for (const [name, value] of Object.entries(variables)) console.log(`${name}=${value}`)
}

/** n.b. the shell makes the file of `> .env`, and most often one that every user of the machine can read. */
const keepPrivate = (): void => {
  const output = process.stdout.fd
  if (fstatSync(output).isFile()) fchmodSync(output, 0o600)
}

await runCommand(help, async () => {
  const { next, files } = parseArguments({
    options: { next: { type: 'string' }, files: { type: 'boolean', default: false } },
  }).values
  if (next !== undefined && files)
    throw new UsageError('--next prints and --files writes: call one, and then the other.')
  if (files) return console.log(await writeSecretFiles())
  if (next === undefined) return printKeys()
  const issuer = signerNames().find(name => name === next)
  if (issuer === undefined)
    throw new UsageError(`--next must be ${signerNames().join(' or ')}, not "${next}".`)
  await printNext(issuer)
})
