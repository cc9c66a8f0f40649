import { randomBytes } from 'node:crypto'
import { createIdentityKeys } from '@supergraph/runtime/identity-keys.ts'
import { createSealingKey } from '@supergraph/runtime/sealed.ts'
import {
  prefixOf,
  type SignerName,
  type StatefulName,
  services,
  signerNames,
  statefulNames,
} from '../../services.ts'

/** Texts by their names. */
export type Texts = Readonly<Record<string, string>>

/** What `docker-compose.yml` is told in `.env` so that payments are simulated. */
export const simulatedPayments = {
  COMPOSE_PROFILES: 'payment-simulator',
  STRIPE_API_URL: `http://payment-simulator:${services['payment-simulator'].port}`,
}

/** The name of the key with which a service signs identity tokens. */
export const identityKeyNameOf = (name: SignerName): string => `${prefixOf(name)}_IDENTITY_KEY`

/** The name of the password of a service's database. */
export const passwordNameOf = (name: StatefulName): string => `${prefixOf(name)}_DB_PASSWORD`

/** New secrets of a system, by the names that they have wherever they are kept. */
export const createSecrets = async (): Promise<Texts> => {
  const { keys, issuers } = await createIdentityKeys(signerNames())
  // n.b. base64url needs no escaping, neither in a URL nor in a .env file
  const password = () => randomBytes(24).toString('base64url')
  return {
    ...Object.fromEntries(signerNames().map(name => [identityKeyNameOf(name), keys[name] ?? ''])),
    IDENTITY_ISSUERS: issuers,
    LINK_KEYS: createSealingKey(),
    TOTP_KEYS: createSealingKey(),
    ...Object.fromEntries(statefulNames().map(name => [passwordNameOf(name), password()])),
    RABBITMQ_PASSWORD: password(),
    CONSOLE_KEY: password(),
    STRIPE_API_KEY: `sk_test_${randomBytes(24).toString('hex')}`,
    STRIPE_WEBHOOK_SECRETS: `whsec_${randomBytes(24).toString('hex')}`,
  }
}
