import { randomBytes } from 'node:crypto'
import { fchmodSync, fstatSync } from 'node:fs'
import { createIdentityKeys } from '@supergraph/runtime/identity.ts'
import { createSealingKey } from '@supergraph/runtime/sealed.ts'
import { prefixOf, services, signerNames, statefulNames } from '../../services.ts'
import { parseArguments, runCommand } from '../command-line.ts'

const help = `npm run --silent keys > .env

Prints new secrets for docker-compose.yml, as a .env file: a key for each process that signs identity tokens, the
public keys of them all, a key that seals what links in e-mails carry, and a password for each database, for RabbitMQ and
for the console. Payments are simulated; for Stripe, put
your secret key into STRIPE_API_KEY and delete COMPOSE_PROFILES and STRIPE_API_URL. A file that the output goes to is made
readable for you alone; nothing else is written, and nothing is sent anywhere.

Without --silent npm prints two lines of its own, which .env must not have. The databases and RabbitMQ take
their passwords at their very first start: if they have data already, keep the .env that made it.`

const printKeys = async (): Promise<void> => {
  const { keys, issuers } = await createIdentityKeys(signerNames())
  // n.b. base64url needs no escaping, neither in a URL nor in a .env file
  const password = () => randomBytes(24).toString('base64url')
  const variables = {
    ...Object.fromEntries(signerNames().map(name => [`${prefixOf(name)}_IDENTITY_KEY`, keys[name]])),
    IDENTITY_ISSUERS: issuers,
    LINK_KEYS: createSealingKey(),
    ...Object.fromEntries(statefulNames().map(name => [`${prefixOf(name)}_DB_PASSWORD`, password()])),
    RABBITMQ_PASSWORD: password(),
    CONSOLE_KEY: password(),
    COMPOSE_PROFILES: 'payment-simulator',
    STRIPE_API_URL: `http://payment-simulator:${services['payment-simulator'].port}`,
    STRIPE_API_KEY: `sk_test_${randomBytes(24).toString('hex')}`,
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
  parseArguments()
  await printKeys()
})
