import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import type { SecretOf } from './overlay.ts'

/** The secrets that `npm run keys` prints, by name. */
export const printedSecrets = (): Readonly<Record<string, string | undefined>> =>
  parseEnv(
    execFileSync(process.execPath, [join(import.meta.dirname, '../../commands/keys/keys.ts')], {
      encoding: 'utf8',
    }),
  )

/** What the secrets have that `npm run keys`, the person who deploys, and the operators of RabbitMQ and CloudNativePG make. */
export const createSecrets =
  (printed: Readonly<Record<string, string | undefined>>): SecretOf =>
  (name, key) => {
    const made: Readonly<Record<string, string | undefined>> = {
      ...Object.fromEntries(Object.entries(printed).map(([each, value]) => [`supergraph/${each}`, value])),
      'supergraph/SMTP_URL': 'smtp://user:password@mail.example.com:587',
      'rabbitmq-default-user/connection_string':
        'amqp://default_user:password@rabbitmq.commerce-supergraph.svc:5672/',
    }
    const [, service = ''] = /^(.*)-db-app$/.exec(name) ?? []
    const database = service.replaceAll('-', '_')
    const found =
      made[`${name}/${key}`] ??
      (service !== '' && key === 'uri'
        ? `postgresql://${database}:password@${service}-db-rw.commerce-supergraph:5432/${database}`
        : service !== '' && key === 'password'
          ? 'password'
          : undefined)
    if (found === undefined) throw new Error(`nobody makes ${key} in the Secret ${name}`)
    return found
  }
