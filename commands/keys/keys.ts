import { randomBytes } from 'node:crypto'
import { fchmodSync, fstatSync } from 'node:fs'
import {
  createIdentityKeys,
  createNextIdentityKey,
  identityIssuers,
} from '@supergraph/runtime/identity-keys.ts'
import { createSealingKey } from '@supergraph/runtime/sealed.ts'
import { prefixOf, type SignerName, services, signerNames, statefulNames } from '../../services.ts'
import { parseArguments, runCommand, UsageError } from '../command-line.ts'

const help = `npm run --silent keys > .env
npm run --silent keys -- --next gateway|orders

Prints new secrets for docker-compose.yml, as a .env file: a key for each process that signs identity tokens, the
public keys of them all, a key that seals what links in e-mails carry, one that seals the secrets of the apps that make
codes, and a password for each database, for RabbitMQ and for the console. Payments are simulated; for Stripe, put
your secret key into STRIPE_API_KEY and the secret of your webhook endpoint into STRIPE_WEBHOOK_SECRETS, and delete
COMPOSE_PROFILES and STRIPE_API_URL. A file that the output goes to is made
readable for you alone; nothing else is written, and nothing is sent anywhere.

Without --silent npm prints two lines of its own, which .env must not have. The databases and RabbitMQ take
their passwords at their very first start: if they have data already, keep the .env that made it.

  --next NAME  prints the next key with which that process signs identity tokens, and the three steps in which it
               replaces the old one while the system runs. IDENTITY_ISSUERS of the environment has the keys of now:
               set -a && . ./.env && set +a
  --help       this text`

const printNext = async (issuer: SignerName): Promise<void> => {
  const setting = process.env.IDENTITY_ISSUERS
  if (setting === undefined)
    throw new UsageError(
      'IDENTITY_ISSUERS is not set: put the public keys of now there, such as those of .env.',
    )
  const issuers = identityIssuers.safeParse(setting)
  if (!issuers.success)
    throw new UsageError(`IDENTITY_ISSUERS is not usable: ${issuers.error.issues[0]?.message}.`)
  const { key, both, alone } = await createNextIdentityKey(issuers.data, issuer)
  keepPrivate()
  console.log(`# 1. Give these keys to every subgraph, and start all of them anew:
IDENTITY_ISSUERS=${both}
# 2. When all of them run, give this key to ${issuer}, and start it anew:
${prefixOf(issuer)}_IDENTITY_KEY=${key}
# 3. A minute after the last ${issuer} with the old key has ended, give these to every subgraph, and start all anew:
IDENTITY_ISSUERS=${alone}`)
}

const printKeys = async (): Promise<void> => {
  const { keys, issuers } = await createIdentityKeys(signerNames())
  // n.b. base64url needs no escaping, neither in a URL nor in a .env file
  const password = () => randomBytes(24).toString('base64url')
  const variables = {
    ...Object.fromEntries(signerNames().map(name => [`${prefixOf(name)}_IDENTITY_KEY`, keys[name]])),
    IDENTITY_ISSUERS: issuers,
    LINK_KEYS: createSealingKey(),
    TOTP_KEYS: createSealingKey(),
    ...Object.fromEntries(statefulNames().map(name => [`${prefixOf(name)}_DB_PASSWORD`, password()])),
    RABBITMQ_PASSWORD: password(),
    CONSOLE_KEY: password(),
    COMPOSE_PROFILES: 'payment-simulator',
    STRIPE_API_URL: `http://payment-simulator:${services['payment-simulator'].port}`,
    STRIPE_API_KEY: `sk_test_${randomBytes(24).toString('hex')}`,
    STRIPE_WEBHOOK_SECRETS: `whsec_${randomBytes(24).toString('hex')}`,
  }
  keepPrivate()
  for (const [name, value] of Object.entries(variables)) console.log(`${name}=${value}`)
}

/** n.b. the shell makes the file of `> .env`, and most often one that every user of the machine can read. */
const keepPrivate = (): void => {
  const output = process.stdout.fd
  if (fstatSync(output).isFile()) fchmodSync(output, 0o600)
}

await runCommand(help, async () => {
  const { next } = parseArguments({ options: { next: { type: 'string' } } }).values
  if (next === undefined) return printKeys()
  const issuer = signerNames().find(name => name === next)
  if (issuer === undefined)
    throw new UsageError(`--next must be ${signerNames().join(' or ')}, not "${next}".`)
  await printNext(issuer)
})
