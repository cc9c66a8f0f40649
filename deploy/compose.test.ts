import { execFileSync, execSync } from 'node:child_process'
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseEnv } from 'node:util'
import { ledgerParts, ledgerSettings } from '@supergraph/ledger/databases.ts'
import { readEnvironment as readNotifications } from '@supergraph/notifications/environment.ts'
import { readEnvironment as readOrders } from '@supergraph/orders/environment.ts'
import { readEnvironment as readPaymentSimulator } from '@supergraph/payment-simulator/environment.ts'
import { readEnvironment as readProducts } from '@supergraph/products/environment.ts'
import { createIdentitySigner, createIdentityVerifier } from '@supergraph/runtime/identity.ts'
import { identityIssuers, identityKey } from '@supergraph/runtime/identity-keys.ts'
import { stopWithinMs } from '@supergraph/runtime/lifecycle.ts'
import { probeEveryMs } from '@supergraph/runtime/replicas/replicas.ts'
import { telemetryVariables } from '@supergraph/telemetry/environment.ts'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { filesOfImage } from '../commands/image/image-files.ts'
import type { Texts } from '../commands/keys/secrets.ts'
import { readDescriptions } from '../commands/settings/descriptions.ts'
import {
  databaseNameOf,
  prefixOf,
  type ServiceName,
  type Surroundings,
  serviceNames,
  services,
  settingsOf,
  signerNames,
  statefulNames,
  subgraphNames,
} from '../services.ts'
import {
  type ComposeFile,
  environmentOutside,
  fillIn,
  readComposeFile,
  type Variables,
} from './compose-file.ts'
import { connected, knownSettings, measured, readSettings, traced } from './process-settings.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'supergraph-compose-'))
afterAll(() => rmSync(folder, { recursive: true }))

const runKeys = (args: readonly string[] = [], cwd = folder) =>
  execFileSync(process.execPath, [join(root, 'commands/keys/keys.ts'), ...args], { cwd, encoding: 'utf8' })

const text = read('docker-compose.yml')

/** What `npm run keys -- --files` makes beside a `.env`: the variables that Compose finds there then, and the texts of the files. */
const makeSecrets = (
  env: Variables = {},
): { readonly variables: Variables & { readonly SECRETS_DIR: string }; readonly secrets: Texts } => {
  const cwd = mkdtempSync(join(folder, 'installation-'))
  const lines = Object.entries(env).map(([name, value]) => `${name}='${value}'\n`)
  writeFileSync(join(cwd, '.env'), lines.join(''))
  runKeys(['--files'], cwd)
  const variables = parseEnv(readFileSync(join(cwd, '.env'), 'utf8'))
  // n.b. to Compose, a path in the file is relative to the folder of the file
  const files = join(cwd, variables.SECRETS_DIR ?? '')
  const texts = readdirSync(files).map(name => [name, readFileSync(join(files, name), 'utf8').trim()])
  return { variables: { ...variables, SECRETS_DIR: files }, secrets: Object.fromEntries(texts) }
}

const { variables, secrets } = makeSecrets()
const compose = readComposeFile(text, variables)

/** Where RabbitMQ finds a part of its configuration. */
const brokerConfiguration = '/etc/rabbitmq/conf.d/90-default-user.conf'

/** The secrets that are not made, but given by others. */
const givenByOthers = {
  DEMO_PASSWORD: 'a password for demos',
  ADMIN_PASSWORD: 'a password for admins',
  CONSOLE_STAFF_PASSWORD: 'a password for staff',
  ENTITY_CACHE_URL: 'redis://cache:6379',
  SMTP_URL: 'smtps://u:p@mail.shop.example',
  OTEL_EXPORTER_OTLP_HEADERS: 'api-key=secret',
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'api-key=secret-of-traces',
  OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'api-key=secret-of-logs',
}
const full = makeSecrets(givenByOthers)

const subgraphs: readonly string[] = subgraphNames()
const stateful: readonly string[] = statefulNames()

const serviceOf = (name: string, file: ComposeFile = compose) => {
  const service = file.services[name]
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`)
  return service
}

/** The environment of a service, with the files of its secrets where they are on this machine. */
const environmentOf = (name: string, file: ComposeFile = compose) =>
  environmentOutside(serviceOf(name, file), file)

/** The settings that an environment and the files named there have together. */
const settingsIn = (environment: Texts): Texts =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) =>
      name.endsWith('_FILE')
        ? [name.slice(0, -'_FILE'.length), readFileSync(value, 'utf8').trim()]
        : [name, value],
    ),
  )

const originInside = (name: ServiceName): string => `http://${name}:${services[name].port}`
const addressInside = (name: ServiceName): string => `${originInside(name)}/graphql`

const inside: Surroundings = {
  originOf: originInside,
  portOf: name => services[name].port,
  databaseUrlOf: name => {
    const database = databaseNameOf(name)
    return `postgres://${database}:${secrets[`${prefixOf(name)}_DB_PASSWORD`]}@${name}-db:5432/${database}`
  },
  identityIssuers: secrets.IDENTITY_ISSUERS ?? '',
  identityKeyOf: name => secrets[`${prefixOf(name)}_IDENTITY_KEY`],
  linkKeys: secrets.LINK_KEYS ?? '',
  totpKeys: secrets.TOTP_KEYS ?? '',
  paymentSimulatorKey: secrets.STRIPE_API_KEY ?? '',
  webhookSecret: secrets.STRIPE_WEBHOOK_SECRETS ?? '',
  smtpUrl: 'smtp://mailbox:4025',
  smtpPort: 4025,
  mailDirectory: undefined,
}

describe('docker-compose.yml', () => {
  it('is refused if it has a key that Compose does not know', () => {
    expect(() => readComposeFile(text.replace('healthcheck:', 'healthchek:'), variables)).toThrow(
      'healthchek',
    )
    expect(() => readComposeFile(text.replace('start_period', 'startup_period'), variables)).toThrow(
      'startup_period',
    )
  })

  it('runs every subgraph, the gateway, the console, the registry and the payment simulator, each by a main.ts that is there', () => {
    const built = Object.entries(compose.services).filter(([, { build }]) => build !== undefined)
    expect(built.map(([name]) => name).sort()).toEqual(serviceNames.toSorted())
    for (const name of serviceNames) {
      const file = `${services[name].folder}/main.ts`
      expect(serviceOf(name).command).toEqual(['node', file])
      expect(existsSync(join(root, file)), file).toBe(true)
    }
  })

  it('refuses to start without its secrets and says where they come from', () => {
    expect(text).toContain('npm run keys -- --files')
    // n.b. an installation whose .env has the secrets themselves has to hear it too
    for (const older of [{}, parseEnv(runKeys())])
      expect(() => readComposeFile(text, older)).toThrow(
        'SECRETS_DIR is not set: make the secrets first, deploy/README.md says how',
      )
  })

  it('has no character in its messages that a reader of Compose files would take for an operator', () => {
    const messages = [...text.matchAll(/\$\{\w+:\?([^}]*)\}/g)].map(([, message]) => message)
    expect(messages.length).toBeGreaterThan(0)
    for (const message of messages) expect(message).not.toMatch(/[-+?]/)
  })

  it('names a healthcheck for every service and starts each after what it needs is healthy', () => {
    for (const [name, { depends_on }] of Object.entries(compose.services)) {
      for (const needed of Object.keys(depends_on)) serviceOf(needed)
      if (name === 'gateway')
        expect(Object.keys(depends_on).sort()).toEqual([...subgraphs, 'rabbitmq'].sort())
      if (subgraphs.includes(name)) {
        expect(Object.keys(depends_on)).toEqual(expect.arrayContaining([`${name}-db`, 'rabbitmq']))
      }
    }
  })

  it('publishes only the gateway, the registry, the payment simulator and the consoles, and all but the gateway only on this machine', () => {
    const published = Object.entries(compose.services).filter(([, { ports }]) => ports.length > 0)
    expect(Object.fromEntries(published.map(([name, { ports }]) => [name, ports]))).toEqual({
      gateway: ['0.0.0.0:4000:4000'],
      rabbitmq: ['127.0.0.1:15672:15672'],
      mailbox: ['127.0.0.1:8025:4006'],
      grafana: ['127.0.0.1:3001:3000'],
      console: ['127.0.0.1:4007:4007'],
      'payment-simulator': ['127.0.0.1:4010:4010'],
      registry: ['127.0.0.1:4008:4008'],
      prometheus: ['127.0.0.1:9090:9090'],
    })
  })

  it('lets nobody but its process reach a database, and the database reach nothing else', () => {
    for (const owner of stateful) {
      const networks = serviceOf(`${owner}-db`).networks
      expect(networks).toHaveLength(1)
      const members = Object.keys(compose.services).filter(name =>
        serviceOf(name).networks.some(network => networks.includes(network)),
      )
      expect(members.sort()).toEqual([owner, `${owner}-db`].sort())
      expect(compose.networks[networks[0] ?? '']).toEqual({ internal: true })
    }
  })

  it('keeps what the databases and the broker store in volumes of their own', () => {
    const mounted = Object.values(compose.services)
      .flatMap(({ volumes }) => volumes.map(volume => volume.split(':')[0] ?? ''))
      .filter(volume => !volume.startsWith('./'))
    expect(mounted.sort()).toEqual(Object.keys(compose.volumes).sort())
    for (const owner of stateful) {
      expect(serviceOf(`${owner}-db`).volumes).toEqual([`${owner}-data:/var/lib/postgresql`])
    }
  })

  it('lets the gateway fetch the keys of access tokens from users', () => {
    const keys = new URL('/.well-known/jwks.json', addressInside('users'))
    expect(serviceOf('gateway').environment.JWKS_URL).toBe(keys.href)
  })

  it('lets each process serve on for two probes of who calls it, and then stop, before it is killed', () => {
    for (const name of serviceNames) {
      const { environment, stop_grace_period = '' } = serviceOf(name)
      const delayMs = Number(environment.STOP_DELAY_MS)
      expect(delayMs, name).toBeGreaterThanOrEqual(2 * probeEveryMs)
      expect(Number(/^(\d+)s$/.exec(stop_grace_period)?.[1]) * 1_000, name).toBeGreaterThan(
        delayMs + stopWithinMs,
      )
    }
  })

  it('declares every network that a service joins', () => {
    const joined = Object.values(compose.services).flatMap(({ networks }) => networks)
    expect([...new Set(joined)].sort()).toEqual(Object.keys(compose.networks).sort())
  })
})

describe('secrets in docker-compose.yml', () => {
  it('are the files that npm run keys writes, all of them and no others', () => {
    const files = Object.entries(compose.secrets).map(([name, { file }]) => [name, file])
    expect(Object.fromEntries(files)).toEqual(
      Object.fromEntries(Object.keys(secrets).map(name => [name, join(variables.SECRETS_DIR, name)])),
    )
  })

  it('are given to the services alone whose settings name them', () => {
    for (const [name, { environment, secrets: given }] of Object.entries(compose.services)) {
      const named = Object.entries(environment).filter(([setting]) => setting.endsWith('_FILE'))
      const wanted = [...named.map(([, path]) => path), ...(name === 'rabbitmq' ? [brokerConfiguration] : [])]
      expect(given.map(({ target }) => target).sort(), name).toEqual(wanted.sort())
    }
    const given = Object.values(compose.services).flatMap(one => one.secrets.map(({ source }) => source))
    expect([...new Set(given)].sort()).toEqual(Object.keys(secrets).sort())
  })

  it('are in files wherever the code of a process calls a setting secret', async () => {
    const secret = (await readDescriptions()).filter(({ isSecret }) => isSecret)
    for (const { service, name } of secret)
      expect(Object.keys(serviceOf(service).environment), service).not.toContain(name)
    for (const name of serviceNames) {
      const known = secret.filter(({ service }) => service === name).map(setting => setting.name)
      const inFiles = Object.keys(serviceOf(name).environment).filter(setting => setting.endsWith('_FILE'))
      // n.b. the public keys of all are no secret, and are replaced together with the private ones
      expect([...known, 'IDENTITY_ISSUERS'].map(setting => `${setting}_FILE`)).toEqual(
        expect.arrayContaining(inFiles),
      )
    }
  })

  it('are in nothing that docker inspect or docker compose config shows, whatever .env still has of them', () => {
    const { COMPOSE_PROFILES: _profiles, STRIPE_API_URL: _url, ...printed } = parseEnv(runKeys())
    const older = { ...printed, ...givenByOthers }
    const shown = JSON.stringify(fillIn(parse(text, { merge: true }), { ...older, ...variables }))
    for (const [name, value] of [...Object.entries(older), ...Object.entries(secrets)])
      if (value !== '') expect(shown.includes(JSON.stringify(value).slice(1, -1)), name).toBe(false)
  })
})

describe.each(serviceNames)('%s in docker-compose.yml', name => {
  const { healthcheck, networks } = serviceOf(name)
  const environment = environmentOf(name)
  const settings = settingsIn(environment)

  it('gets settings that its own code accepts, for production', async () => {
    expect(await readSettings(name, environment)).toMatchObject({ HOST: '0.0.0.0', NODE_ENV: 'production' })
  })

  it('gets the settings that follow from the table of services', () => {
    const { PORT, ...others } = settingsOf(name, inside)
    // n.b. the mailbox has two ports, each with a setting of its own
    expect(settings).toMatchObject(name === 'mailbox' ? others : { PORT, ...others })
  })

  it('gets no setting that its code does not know', async () => {
    const optional = {
      SUPERGRAPH_NODE_ENV: 'development',
      DEMO_DATA: 'true',
      ADMIN_EMAIL: 'admin@shop.example',
      CORS_ORIGINS: 'https://shop.example',
      TRUST_PROXY_HOPS: '1',
      KEEP_ALIVE_SECONDS: '90',
      SOCKETS_PER_ADDRESS: '500',
      MAX_ANSWER_BYTES: '1000000',
      ENTITY_CACHE_BYTES: '1000000',
      ACCOUNT_DELETION_GRACE_SECONDS: '86400',
      PUBLIC_USERS_URL: 'https://api.shop.example',
      RESERVATION_TTL_SECONDS: '600',
      STRIPE_EVENTS_EVERY_SECONDS: '60',
      SIMULATOR_URL: 'https://payments.shop.example',
      CONSOLE_STAFF_EMAIL: 'staff@shop.example',
      LOG_LEVEL: 'debug',
      METRICS_CLIENTS: 'web,ios',
    }
    const all = environmentOf(name, readComposeFile(text, { ...full.variables, ...optional }))
    const known = await knownSettings(name)
    expect(known).toEqual(expect.arrayContaining(Object.keys(settingsIn(all))))
    expect(known).toEqual(expect.arrayContaining(Object.keys(await readSettings(name, all))))
  })

  it.runIf(connected.includes(name))(
    'connects to the broker with the name and password that the broker was created with',
    () => {
      const broker = serviceOf('rabbitmq')
      const [, user, password] =
        /^default_user = (\w+)\ndefault_pass = ([\w-]+)$/.exec(secrets.RABBITMQ_CONF ?? '') ?? []
      expect(settings.RABBITMQ_URL).toBe(`amqp://${user}:${password}@rabbitmq:5672`)
      expect(networks.some(network => broker.networks.includes(network))).toBe(true)
    },
  )

  it('is asked for its health on the port where it listens', () => {
    const { port } = services[name]
    expect(environment.PORT ?? environment.MAILBOX_PORT).toBe(String(port))
    expect(healthcheck.test).toEqual([
      'CMD',
      'node',
      'deploy/check-health.ts',
      `http://127.0.0.1:${port}/health/ready`,
    ])
  })

  it('finds the other subgraphs where they listen, on a network that it shares with them', () => {
    for (const subgraph of subgraphNames()) {
      const address = environment[`${prefixOf(subgraph)}_URL`]
      if (name !== 'gateway' && address === undefined) continue
      expect(address).toBe(addressInside(subgraph))
      expect(networks.some(network => serviceOf(subgraph).networks.includes(network))).toBe(true)
    }
  })
})

describe('observability in docker-compose.yml', () => {
  it('lets all settings of traces through, but for the name of the one service', () => {
    for (const name of traced)
      expect(Object.keys(settingsIn(environmentOf(name)))).toEqual(
        expect.arrayContaining(
          Object.keys(telemetryVariables).filter(variable => variable !== 'OTEL_SERVICE_NAME'),
        ),
      )
  })

  it('sends traces to the console, on a network that leads to it', () => {
    const target = services.console
    for (const name of traced) {
      expect(serviceOf(name).environment.OTEL_EXPORTER_OTLP_ENDPOINT).toBe(`http://console:${target.port}`)
      expect(serviceOf(name).networks.some(network => serviceOf('console').networks.includes(network))).toBe(
        true,
      )
    }
  })

  it('asks each process for its metrics, where it serves them', () => {
    const [job] = scraped.parse(parse(read('deploy/observability/prometheus.compose.yml'))).scrape_configs
    const [found] = job?.dns_sd_configs ?? []
    expect(found?.names.toSorted()).toEqual(measured.toSorted())
    for (const name of measured) {
      const { environment, networks } = serviceOf(name)
      expect(environment).toMatchObject({ METRICS_PORT: String(found?.port), METRICS_HOST: '0.0.0.0' })
      expect(networks.some(network => serviceOf('prometheus').networks.includes(network))).toBe(true)
    }
  })
})

const scraped = z.object({
  scrape_configs: z.tuple([
    z.object({
      dns_sd_configs: z.tuple([z.object({ names: z.array(z.string()), port: z.number() })]),
    }),
  ]),
})

describe.each(stateful)('%s in docker-compose.yml', name => {
  it('connects to its database with the name and password that the database was created with', () => {
    const { networks } = serviceOf(name)
    const database = serviceOf(`${name}-db`)
    const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = settingsIn(environmentOf(`${name}-db`))
    expect(settingsIn(environmentOf(name)).DATABASE_URL).toBe(
      `postgres://${POSTGRES_USER}:${POSTGRES_PASSWORD}@${name}-db:5432/${POSTGRES_DB}`,
    )
    expect(networks.some(network => database.networks.includes(network))).toBe(true)
  })
})

describe.each(subgraphNames())('%s in docker-compose.yml', name => {
  it('trusts the keys of all who sign identity tokens', async () => {
    const issuers = identityIssuers.parse(settingsIn(environmentOf(name)).IDENTITY_ISSUERS)
    const verify = createIdentityVerifier(name, issuers)
    const viewer = { kind: 'anonymous' } as const
    for (const issuer of signerNames()) {
      const key = identityKey.parse(settingsIn(environmentOf(issuer)).IDENTITY_KEY)
      const signer = createIdentitySigner(issuer, key)
      const expected = issuer === 'gateway' ? viewer : { kind: 'service', name: issuer }
      expect(await verify(await signer.sign(name, viewer))).toMatchObject({ viewer: expected })
    }
  })
})

describe('products in docker-compose.yml', () => {
  it('holds stock for as long as .env says, or for 15 minutes if .env does not say', () => {
    const ttlWith = (more: Readonly<Record<string, string>>) =>
      readProducts(environmentOf('products', readComposeFile(text, { ...variables, ...more })))
        .RESERVATION_TTL_SECONDS
    expect(ttlWith({ RESERVATION_TTL_SECONDS: '600' })).toBe(600)
    expect(ttlWith({})).toBe(900)
  })
})

describe('payments in docker-compose.yml', () => {
  const { depends_on, networks } = serviceOf('orders')
  const orders = settingsIn(environmentOf('orders'))
  const simulator = serviceOf('payment-simulator')

  it('are simulated with what npm run keys makes, at an address and with a key that orders knows', () => {
    const settings = readPaymentSimulator(environmentOf('payment-simulator'))
    expect(settings).toMatchObject({ HOST: '0.0.0.0', STRIPE_API_KEY: orders.STRIPE_API_KEY })
    expect(orders.STRIPE_API_URL).toBe(`http://payment-simulator:${settings.PORT}`)
    expect(settings.WEBHOOK_URL).toBe(`http://orders:${services.orders.port}/webhooks/stripe`)
    expect(settings.SIMULATOR_URL).toBe(`http://${simulator.ports[0]?.replace(/:\d+$/, '')}`)
    expect(simulator.healthcheck.test.at(-1)).toBe(`http://127.0.0.1:${settings.PORT}/health/ready`)
    expect(simulator.networks.some(network => networks.includes(network))).toBe(true)
    for (const name of ['payment-simulator', 'payment-simulator-db']) {
      expect(serviceOf(name).profiles).toEqual([variables.COMPOSE_PROFILES])
    }
  })

  it('go to Stripe with a key of your own and without the other two lines, and no simulator is needed then', () => {
    const { variables: real } = makeSecrets({ STRIPE_API_KEY: 'sk_live_1' })
    expect(Object.keys(real).sort()).toEqual(['SECRETS_DIR', 'STRIPE_API_KEY'])
    const settings = readOrders(environmentOf('orders', readComposeFile(text, real)))
    expect(settings).toMatchObject({
      STRIPE_API_KEY: 'sk_live_1',
      STRIPE_API_URL: 'https://api.stripe.com',
    })
    expect(depends_on['payment-simulator']?.required).toBe(false)
    expect(networks.some(network => compose.networks[network]?.internal !== true)).toBe(true)
  })
})

describe('e-mail in docker-compose.yml', () => {
  const { networks } = serviceOf('notifications')

  it('goes to the mailbox, on a network that leads to it', () => {
    expect(settingsIn(environmentOf('notifications')).SMTP_URL).toBe('smtp://mailbox:4025')
    expect(serviceOf('mailbox').networks.some(network => networks.includes(network))).toBe(true)
  })

  it('goes to a mail server of your own, on a network that leads out', () => {
    const own = {
      MAIL_FROM: 'hello@shop.example',
      SHOP_URL: 'https://shop.example',
    }
    const file = readComposeFile(text, { ...full.variables, ...own })
    const settings = readNotifications(environmentOf('notifications', file))
    expect(settings).toMatchObject({
      ...own,
      SMTP_URL: givenByOthers.SMTP_URL,
      MAIL_FROM: { name: '', address: 'hello@shop.example' },
    })
    expect(networks.some(network => compose.networks[network]?.internal !== true)).toBe(true)
  })
})

describe('the ledger of the console', () => {
  it('reads the databases that it compares, if compose.ledger.yml is there', async () => {
    const ledger = z
      .object({
        services: z.object({
          console: z.object({
            environment: z.record(z.string(), z.string()),
            secrets: z.array(z.string()),
            networks: z.array(z.string()),
          }),
        }),
      })
      .parse(parse(read('deploy/compose.ledger.yml'))).services.console
    const own = serviceOf('console')
    const more = ledger.secrets.map(source => ({ source, target: `/run/secrets/${source}` }))
    const environment = environmentOutside(
      {
        environment: { ...own.environment, ...ledger.environment },
        secrets: [...own.secrets, ...more],
      },
      compose,
    )
    expect(ledger.secrets).toEqual(Object.values(ledger.environment).map(path => basename(path)))
    expect(ledger.networks).toEqual(ledgerParts.flatMap(part => serviceOf(`${part}-db`).networks))
    const wanted = Object.fromEntries(
      ledgerParts.map(part => [ledgerSettings[part], inside.databaseUrlOf(part)]),
    )
    expect(Object.keys(ledger.environment)).toEqual(Object.keys(wanted).map(name => `${name}_FILE`))
    expect(await readSettings('console', environment)).toMatchObject(wanted)
  })
})

describe('several of each', () => {
  it('run if .env says so, each gateway at a port of its own', () => {
    const more = { SUBGRAPH_REPLICAS: '2', GATEWAY_REPLICAS: '2', GATEWAY_ADDRESS: '0.0.0.0:4000-4001' }
    const file = readComposeFile(text, { ...variables, ...more })
    for (const name of ['gateway', ...subgraphs]) {
      expect(serviceOf(name).deploy.replicas).toBe('1')
      expect(serviceOf(name, file).deploy.replicas).toBe('2')
    }
    expect(serviceOf('gateway', file).ports).toEqual(['0.0.0.0:4000-4001:4000'])
  })
})

describe('Grafana', () => {
  it('has the dashboard, and the Prometheus on its network', () => {
    const { volumes, networks, depends_on } = serviceOf('grafana')
    expect(volumes).toEqual([
      './deploy/observability:/etc/commerce-supergraph:ro',
      './deploy/observability/grafana:/etc/grafana/provisioning:ro',
    ])
    expect(Object.keys(depends_on)).toEqual(['prometheus'])
    expect(serviceOf('prometheus').profiles).toEqual(expect.arrayContaining(serviceOf('grafana').profiles))
    expect(networks.some(network => serviceOf('prometheus').networks.includes(network))).toBe(true)
    const source = parse(read('deploy/observability/grafana/datasources/prometheus.yml'))
    expect(source).toMatchObject({ datasources: [{ type: 'prometheus', url: 'http://prometheus:9090' }] })
    const dashboards = parse(read('deploy/observability/grafana/dashboards/dashboard.yml'))
    expect(dashboards).toMatchObject({ providers: [{ options: { path: '/etc/commerce-supergraph' } }] })
    expect(existsSync(join(root, 'deploy/observability/dashboard.json'))).toBe(true)
  })
})

describe('npm run keys', () => {
  it('prints new secrets each time, and explains them on request', () => {
    const [first, again] = [parseEnv(runKeys()), parseEnv(runKeys())]
    expect(Object.keys(again)).toEqual(Object.keys(first))
    const required = Object.keys(first).filter(name => !['COMPOSE_PROFILES', 'STRIPE_API_URL'].includes(name))
    expect(required.length).toBeGreaterThan(0)
    for (const name of required) expect(again[name], name).not.toBe(first[name])
    expect(runKeys(['--help'])).toContain('npm run --silent keys > .env')
    expect(runKeys(['--help'])).toContain('npm run keys -- --files')
  })
})

describe('secrets', () => {
  it('go neither to git nor into the image', () => {
    const files = ['.env', 'keys.env', 'secrets/LINK_KEYS']
    expect(filesOfImage([...files, 'gateway/main.ts'], read('.dockerignore'))).toEqual(['gateway/main.ts'])
    const ignored = execFileSync('git', ['check-ignore', '--no-index', ...files], {
      cwd: root,
      encoding: 'utf8',
    })
    expect(ignored.trim().split('\n')).toEqual(files)
  })
})

describe('Dockerfile', () => {
  it('brings the sources of every process', () => {
    const brought = read('.dockerignore').split('\n')
    for (const { build, command } of Object.values(compose.services)) {
      const [, file] = command
      if (build !== undefined && file !== undefined) expect(brought).toContain(`!${file.split('/')[0]}`)
    }
  })

  it('brings the manifest of every workspace, without which npm ci would not link it', () => {
    const { workspaces } = z
      .object({ workspaces: z.array(z.string()) })
      .parse(JSON.parse(read('package.json')))
    const brought = read('.dockerignore').split('\n')
    for (const manifest of workspaces.flatMap(pattern =>
      globSync(`${pattern}/package.json`, { cwd: root }),
    )) {
      const isBrought = [`!${manifest}`, `!${manifest.split('/')[0]}`].some(line => brought.includes(line))
      expect(isBrought, manifest).toBe(true)
    }
  })

  it('installs again only when a manifest changes', () => {
    const [, command = ''] = /^RUN (find .*)$/m.exec(read('Dockerfile')) ?? []
    const directory = mkdtempSync(join(tmpdir(), 'supergraph-manifests-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    mkdirSync(join(directory, 'gateway/http'), { recursive: true })
    const files = ['package.json', 'package-lock.json', 'gateway/package.json', 'gateway/http/cors.ts']
    for (const file of files) writeFileSync(join(directory, file), '')
    execSync(command, { cwd: directory })
    expect(globSync('**/*.*', { cwd: directory }).sort()).toEqual(files.slice(0, 3).sort())
  })
})
