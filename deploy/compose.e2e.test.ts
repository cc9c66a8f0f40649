import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { canStartPrivateBroker } from '@supergraph/messaging/tests/private-broker.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { expect, it, onTestFinished } from 'vitest'
import { prefixOf, type ServiceName, serviceNames, services, statefulNames } from '../services.ts'
import { startBroker } from '../testbed/broker.ts'
import { signIn, signUp } from '../testbed/graphql-client.ts'
import { patience } from '../testbed/limits.ts'
import { order } from '../testbed/orders.ts'
import { freePorts } from '../testbed/ports.ts'
import { startProcess } from '../testbed/processes.ts'
import { serviceOf } from '../testbed/system/plan.ts'
import { startProcesses } from '../testbed/system/processes.ts'
import { createTestDatabases } from '../testbed/system/test-databases.ts'
import { environmentOutside, readComposeFile } from './compose-file.ts'

const root = join(import.meta.dirname, '..')
const admin = { email: 'admin@shop.example', password: 'a horse for the admin' }

/**
 * Starts every process with the environment that Compose gives it, and the files of secrets that `npm run keys` writes. Only
 * addresses are others: those of processes, of databases, and of a RabbitMQ that is configured by the file of its secret.
 */
const startAsComposeDoes = () =>
  startAll(async use => {
    const folder = mkdtempSync(join(tmpdir(), 'supergraph-compose-'))
    use({ stop: async () => rmSync(folder, { recursive: true }) })
    const keys = join(root, 'commands/keys/keys.ts')
    writeFileSync(join(folder, '.env'), `ADMIN_EMAIL=${admin.email}\n`)
    execFileSync(process.execPath, [keys, '--files'], { cwd: folder })
    const variables = parseEnv(readFileSync(join(folder, '.env'), 'utf8'))
    const files = join(folder, variables.SECRETS_DIR ?? '')
    const compose = readComposeFile(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), {
      ...variables,
      SECRETS_DIR: files,
    })
    const secret = (name: string) => readFileSync(join(files, name), 'utf8')
    const put = (name: string, text: string) => writeFileSync(join(files, name), text)

    const { username, password } = new URL(secret('RABBITMQ_URL'))
    const broker = use(
      await startBroker(undefined, {
        configuration: secret('RABBITMQ_CONF'),
        credentials: `${username}:${password}`,
      }),
    )
    const databases = use(await createTestDatabases())
    const [smtpPort, ...ports] = await freePorts(serviceNames.length + 1)
    const portOf = (name: ServiceName) => String(ports[serviceNames.indexOf(name)])
    const originOf = (name: ServiceName) => `http://127.0.0.1:${portOf(name)}`
    put('ADMIN_PASSWORD', admin.password)
    put('RABBITMQ_URL', broker.url)
    put('SMTP_URL', `smtp://127.0.0.1:${smtpPort}`)
    for (const name of statefulNames()) put(`${prefixOf(name)}_DATABASE_URL`, databases.urls[name])

    const outside = (text: string) =>
      serviceNames.reduce(
        (changed, name) => changed.replace(`http://${name}:${services[name].port}`, originOf(name)),
        text,
      )
    const settingsOf = (name: ServiceName) => {
      const service = compose.services[name]
      if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`)
      const environment = Object.entries(environmentOutside(service, compose))
      return {
        ...Object.fromEntries(environment.map(([setting, value]) => [setting, outside(value)])),
        ...patience,
        HOST: '127.0.0.1',
        STOP_DELAY_MS: '0',
        METRICS_PORT: '',
        ...(name === 'mailbox'
          ? { MAILBOX_PORT: portOf(name), MAILBOX_SMTP_PORT: String(smtpPort) }
          : { PORT: portOf(name) }),
      }
    }
    use(
      await startProcesses({
        processNames: serviceNames,
        settingsOf: process => settingsOf(serviceOf(process)),
        originOf: process => originOf(serviceOf(process)),
      }),
    )
    return { originOf, settingsOf }
  })

it.runIf(canStartPrivateBroker)(
  'runs a shop in production by the secrets that npm run keys writes, and by no other',
  async () => {
    const { originOf, settingsOf, stop } = await startAsComposeDoes()
    onTestFinished(stop)
    const url = `${originOf('gateway')}/graphql`
    const staff = await signIn(url, admin)
    const second = 'second@shop.example'
    const command = ['commands/accounts/create-admin.ts', '--email', second]
    expect(await startProcess(command, settingsOf('users')).exited).toBe(0)
    await signIn(url, { ...admin, email: second })

    const { data } = await staff.ask(
      readFileSync(join(root, 'schema/operations/create-product.graphql'), 'utf8'),
      {
        input: { sku: 'MUG', name: 'Mug', priceMinor: 1_800, currency: 'EUR', available: 5 },
      },
    )
    const email = 'ada@shop.example'
    const customer = await signUp(url, 'Ada', email)
    const placed = await order(customer, data.createProduct.product.id)
    expect(placed.order).toMatchObject({ status: 'CONFIRMED', payment: { status: 'CAPTURED' } })
    const mail = async () => (await fetch(`${originOf('mailbox')}/messages?to=${email}`)).text()
    await expect.poll(mail).toContain(`Order ${placed.order.number} is confirmed`)
    // n.b. its link is sealed by users, and opened by notifications
    await expect.poll(mail).toContain('Confirm your e-mail address')
  },
)
