import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { subgraphNames } from '../services.ts'
import { askUntilFinal, createGraphQLClient, signIn, signUp } from '../testbed/graphql-client.ts'
import { startProcess, type TestProcess } from '../testbed/processes.ts'
import { embeddedVariables } from '../testbed/system/one-process.ts'
import { demoPassword } from './allocations.ts'

const install = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'supergraph-e2e-'))
  const variables = {
    ...(await embeddedVariables(directory)),
    DEMO_PASSWORD: demoPassword,
    STOP_DELAY_MS: '1500',
  }
  return { directory, variables, url: `http://127.0.0.1:${variables.PORT}/graphql` }
}

/** One for a single test. */
const installation = async () => {
  const installed = await install()
  onTestFinished(() => rm(installed.directory, { recursive: true, force: true }))
  return installed
}

const startWith = async (variables: Readonly<Record<string, string>>): Promise<TestProcess> => {
  const running = startProcess(['start.ts'], variables)
  await running.waitFor(/Ctrl-C/)
  return running
}

const register = (url: string, email: string) =>
  askUntilFinal(
    createGraphQLClient(url).ask,
    'mutation Register($input: RegisterInput!) { register(input: $input) { __typename } }',
    { input: { email, password: demoPassword, name: 'Somebody' } },
  )

/** Tells a process to stop, and sees that it serves on for a while, and sends its clients elsewhere. */
const leave = async (url: string, running: TestProcess): Promise<void> => {
  running.send('SIGTERM')
  await vi.waitFor(async () => {
    const { status } = await fetch(new URL('/health/ready', url))
    expect(status).toBe(503)
  })
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ __typename }"}',
  })
  expect(await answer.json()).toEqual({ data: { __typename: 'Query' } })
  expect(answer.headers.get('connection')).toBe('close')
}

describe('an installation', () => {
  let directory: string
  let variables: Readonly<Record<string, string>>
  let url: string
  let running: TestProcess | undefined

  beforeAll(async () => {
    ;({ directory, variables, url } = await install())
  })
  afterAll(async () => {
    await running?.end('SIGTERM')
    await rm(directory, { recursive: true, force: true })
  })

  /** Starts what a test before has not left running. */
  const ensureRunning = async (): Promise<TestProcess> => {
    running ??= await startWith(variables)
    return running
  }
  const end = async (signal: NodeJS.Signals): Promise<number | null | undefined> => {
    const code = await running?.end(signal)
    running = undefined
    return code
  }

  it('prints every address once it is up', async () => {
    const { output } = await ensureRunning()
    for (const address of [
      url,
      '/graphiql',
      url.replace('http', 'ws'),
      ada,
      variables.ORDERS_PORT,
      `:${variables.PAYMENT_SIMULATOR_PORT}/simulator   (simulated; set STRIPE_API_KEY for Stripe)`,
      `:${variables.MAILBOX_PORT}   (kept in a mailbox; set SMTP_URL to send it)`,
      `:${variables.REGISTRY_PORT}   (rover talks to it: docs/registry.md)`,
      demoPassword,
    ]) {
      expect(output()).toContain(address)
    }
  })

  it('has a registry with the graph of this repository', async () => {
    await ensureRunning()
    const registry = `http://127.0.0.1:${variables.REGISTRY_PORT}`
    await vi.waitFor(async () => expect((await fetch(`${registry}/health`)).status).toBe(200))
    const response = await fetch(`${registry}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': `service:commerce:${demoPassword}` },
      body: JSON.stringify({
        query: '{ graph(id: "commerce") { variant(name: "current") { subgraphs { name } } } }',
      }),
    })
    const subgraphs = subgraphNames()
      .toSorted()
      .map(name => ({ name }))
    expect(await response.json()).toEqual({ data: { graph: { variant: { subgraphs } } } })
  })

  it('shows its events to the operator, and that nothing was given up', async () => {
    await ensureRunning()
    const dead = startProcess(['commands/events/events.ts', 'dead'], variables)
    expect(await dead.exited).toBe(0)
    expect(dead.output()).toContain('nothing was given up')
    const tail = startProcess(['commands/events/events.ts', 'tail', '--last', '10'], variables)
    onTestFinished(async () => void (await tail.end('SIGKILL')))
    await register(url, 'seen@example.com')
    await tail.waitFor(/user\.registered/)
    expect(await tail.end('SIGINT')).toBe(0)
  })

  it('lets no service read the database of another', async () => {
    await ensureRunning()
    const { databasePasswords } = z
      .object({ databasePasswords: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(directory, 'secrets.json'), 'utf8')))
    const pid = readFileSync(join(directory, 'postgres', 'postmaster.pid'), 'utf8').split('\n')
    const connect = async (database: string) => {
      const client = new Client({
        host: '127.0.0.1',
        port: Number(pid[3]),
        user: 'users',
        password: databasePasswords.USERS,
        database,
      })
      await client.connect().finally(() => client.end())
    }
    await connect('users')
    for (const foreign of ['products', 'orders', 'notifications', 'payment_simulator', 'postgres']) {
      await expect(connect(foreign)).rejects.toThrow('permission denied')
    }
  })

  it('keeps accounts and orders over a restart and a kill -9', async () => {
    await ensureRunning()
    await signIn(url, { email: ada, password: demoPassword })
    const email = 'kept@example.com'
    await register(url, email)
    await end('SIGKILL')
    const leaving = await startWith({ ...variables, STOP_DELAY_MS: '4000' })
    await signIn(url, { email, password: demoPassword })
    await leave(url, leaving)
    expect(await leaving.exited).toBe(0)
    await ensureRunning()
    await signIn(url, { email, password: demoPassword })
  })

  it('stops within seconds, and starts over after npm run reset, which refuses while the system runs', async () => {
    await ensureRunning()
    await signUp(url, 'Soon Gone')
    const refused = startProcess(['commands/data/reset.ts'], variables)
    expect(await refused.exited).toBe(1)
    const startedAt = performance.now()
    expect(await end('SIGINT')).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(8_000)
    const reset = startProcess(['commands/data/reset.ts'], variables)
    expect(await reset.exited).toBe(0)
    await expect(readdir(directory)).rejects.toThrow('ENOENT')
    await ensureRunning()
    await signIn(url, { email: ada, password: demoPassword })
  })
})

it('says in one line which port is taken and which setting moves it', async () => {
  const { variables } = await installation()
  const occupant = createServer().listen(Number(variables.ORDERS_PORT), '127.0.0.1')
  onTestFinished(() => void occupant.close())
  const running = startProcess(['start.ts'], variables)
  expect(await running.exited).toBe(1)
  expect(running.output()).toMatch(
    new RegExp(`port ${variables.ORDERS_PORT} is taken: stop what listens there .*or set ORDERS_PORT`),
  )
  expect(running.output()).not.toContain('    at ')
})

it('says which settings are wrong and what to put there', async () => {
  const { variables } = await installation()
  const running = startProcess(['start.ts'], { ...variables, PORT: 'http', RABBITMQ_URL: 'localhost' })
  expect(await running.exited).toBe(1)
  expect(running.output()).toContain('PORT is not usable: put a port number there, such as 4000')
  expect(running.output()).toContain('RABBITMQ_URL is not usable: put a URL there, such as amqp://')
})

it('starts no payment simulator if it has a key for Stripe, and no mailbox if it has a mail server', async () => {
  const { variables } = await installation()
  const running = await startWith({
    ...variables,
    STRIPE_API_KEY: 'sk_test_of_a_shop',
    SMTP_URL: 'smtp://shop:secret@127.0.0.1:1',
  })
  onTestFinished(async () => void (await running.end('SIGTERM')))
  expect(running.output()).toMatch(/payments +Stripe at https:\/\/api\.stripe\.com/)
  await expect(fetch(`http://127.0.0.1:${variables.PAYMENT_SIMULATOR_PORT}/health`)).rejects.toThrow()
  expect(running.output()).toMatch(/e-mail +sent through 127\.0\.0\.1:1\n/)
  expect(running.output()).not.toContain('secret')
  await expect(fetch(`http://127.0.0.1:${variables.MAILBOX_PORT}/`)).rejects.toThrow()
})

it('refuses in production to pretend that it takes payments', async () => {
  const { variables, directory } = await installation()
  const running = startProcess(['start.ts'], { ...variables, NODE_ENV: 'production' })
  expect(await running.exited).toBe(1)
  expect(running.output()).toContain('STRIPE_API_KEY is not set: put your secret key of Stripe there')
  expect(await readdir(directory)).toEqual([])
})

it('says that a database does not answer, and leaves nothing running', async () => {
  const { variables, directory } = await installation()
  const unreachable = 'postgres://orders:hunter2@127.0.0.1:1/orders'
  const running = startProcess(['start.ts'], { ...variables, ORDERS_DATABASE_URL: unreachable })
  expect(await running.exited).toBe(1)
  expect(running.output()).toContain('127.0.0.1:1/orders')
  expect(running.output()).not.toContain('hunter2')
  expect(await readdir(join(directory, 'postgres'))).not.toContain('postmaster.pid')
})

const ada = 'ada@example.com'
