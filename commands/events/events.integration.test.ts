import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startConsumer } from '@supergraph/messaging/consumer.ts'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { openOutboxDeadLetters } from '@supergraph/messaging/outbox/dead-letters.ts'
import { openRabbitMqDeadLetters } from '@supergraph/messaging/rabbitmq/dead-letters.ts'
import { connectRabbitMq } from '@supergraph/messaging/rabbitmq/transport.ts'
import {
  createWorld,
  patienceMs,
  record,
  silent,
  type TransportUnderTest,
  testRetryDelaysMs,
} from '@supergraph/messaging/tests/suite-world.ts'
import { brokerUrl, createTestNamespace } from '@supergraph/messaging/tests/test-namespace.ts'
import { queues } from '@supergraph/notifications/consumers/queues.ts'
import { UserRegistered } from '@supergraph/schema/events/users.ts'
import { Connection } from 'rabbitmq-client'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { compiledModules, quickStart } from '../../testbed/run-program.ts'

const broker = brokerUrl()
const { queue } = queues.onUserRegistered

/** What a place must offer for the command to work on it. */
type Place = TransportUnderTest & { readonly variables: (databaseUrl: string) => Record<string, string> }

const outboxes = async (): Promise<Place> => ({
  transport: createInProcessTransport({ logger: silent }, { retryDelaysMs: testRetryDelaysMs }),
  queue,
  openDeadLetters: async url => openOutboxDeadLetters([url]),
  variables: url => ({ ORDERS_DATABASE_URL: url }),
})

const rabbitMq = async (): Promise<Place> => {
  const url = broker ?? ''
  const { namespace, drop } = createTestNamespace(url, [queue], testRetryDelaysMs)
  onTestFinished(drop)
  return {
    transport: await connectRabbitMq(
      { url, namespace, logger: silent },
      { retryDelaysMs: testRetryDelaysMs },
    ),
    queue,
    openDeadLetters: () => openRabbitMqDeadLetters({ url, namespace, queues: [queue], logger: silent }),
    variables: databaseUrl => ({
      RABBITMQ_URL: url,
      RABBITMQ_NAMESPACE: namespace,
      ORDERS_DATABASE_URL: databaseUrl,
    }),
  }
}

describe.each([
  { place: 'outboxes', connect: outboxes, isRunnable: true },
  { place: 'RabbitMQ', connect: rabbitMq, isRunnable: broker !== undefined },
])('events on $place', ({ connect, isRunnable }) => {
  it.skipIf(!isRunnable)('lists and shows what was given up, in 80 columns or as JSON', async () => {
    const { events, ids } = await createPoisoned(connect)
    const [first = ''] = ids
    const [listed, json, filtered, others, shown] = await Promise.all([
      events('dead'),
      events('dead', '--json'),
      events('dead', '--json', '--subject', 'b', '--since', '1h'),
      events('dead', '--type', 'order.placed'),
      events('show', first, '--payload'),
    ])
    expect(listed.status).toBe(0)
    const lines = listed.output.trimEnd().split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[1]).toMatch(new RegExp(`^${first} +\\d+s +3 +count`))
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80)

    expect(JSON.parse(json.output)).toMatchObject(ids.map(messageId => ({ messageId, queue, attempts: 3 })))
    expect(JSON.parse(filtered.output)).toMatchObject([{ messageId: ids[1] }])
    expect(others.output).toBe('nothing was given up\n')
    expect(shown.output).toContain(`queue         ${queue}`)
    expect(shown.output).toMatch(/^error {9}poison \[31m$/m)
    expect(shown.output).toContain('"by": 1')
  })

  it.skipIf(!isRunnable)(
    'shows what contracts mark as sensitive only if payloads are asked for',
    async () => {
      const place = await connect()
      const world = await createWorld(async () => place)
      const consumer = await startConsumer({
        ...world,
        events: [UserRegistered],
        handle: async (_, [event]) => {
          throw new Error(`Key (name)=(${event?.data.name}) already exists`)
        },
        logger: silent,
      })
      onTestFinished(() => consumer.stop())
      await world.relay()
      const canary = `canary-${crypto.randomUUID()}`
      const event = registered(canary)
      await world.publish([event])
      const error = 'Key (name)=(hidden) already exists'
      await vi.waitFor(
        async () => expect(await world.deadLetters.list()).toMatchObject([{ error, envelope: event }]),
        patienceMs,
      )

      const variables = place.variables(world.databaseUrl)
      const outputOf = async (...args: readonly string[]) => (await runEvents(variables, args)).output
      const lastOf = async (...args: readonly string[]) => {
        const tail = startEvents(variables, ['tail', '--last', '1', ...args])
        await vi.waitFor(() => expect(tail.output()).toContain(event.subject), patienceMs)
        tail.kill('SIGINT')
        await tail.ended
        return tail.output()
      }
      const outputs = await Promise.all([
        outputOf('dead', '--json'),
        outputOf('drop', event.id, '--dry-run', '--json'),
        outputOf('show', event.id),
        lastOf(),
        lastOf('--json'),
      ])
      for (const output of outputs) {
        expect(output).toContain(event.subject)
        expect(output).not.toContain(canary)
      }
      expect(outputs[2]).toContain(error)
      expect(outputs[2]).toContain('"name": "hidden"')
      expect(await outputOf('show', event.id, '--payload')).toContain(`"name": "${canary}"`)
      expect(await lastOf('--json', '--payload')).toContain(`"name":"${canary}"`)
    },
  )

  it.skipIf(!isRunnable)('replays and drops by id, and only says so in a dry run', async () => {
    const { world, events, ids, heal } = await createPoisoned(connect)
    const [first = '', second = ''] = ids
    heal()
    const actions = ['replay', 'drop']
    const dry = await Promise.all(actions.map(action => events(action, ...ids, '--dry-run')))
    for (const { output } of dry) expect(output).toMatch(/would be (replayed|dropped): 2\n$/)
    expect(await world.deadLetters.list()).toHaveLength(2)
    expect(await world.effects()).toEqual([])

    expect((await events('replay', first)).output).toMatch(/^replayed: 1$/m)
    await vi.waitFor(async () => expect(await world.effects()).toEqual([first]), patienceMs)
    expect((await events('drop', second, '--queue', queue)).output).toMatch(/^dropped: 1$/m)
    expect(await world.deadLetters.list()).toEqual([])
    expect(await world.effects()).toEqual([first])
  })

  it.skipIf(!isRunnable)('does nothing at all and exits with 1 if one of the ids is unknown', async () => {
    const { world, events, ids } = await createPoisoned(connect)
    const unknown = crypto.randomUUID()
    const actions = ['replay', 'drop']
    const refused = await Promise.all(actions.map(action => events(action, ...ids, unknown)))
    for (const { status, output } of refused) {
      expect(output).toContain(`no dead letter has the id ${unknown}`)
      expect(status).toBe(1)
    }
    expect(await world.deadLetters.list()).toHaveLength(2)
  })

  it.skipIf(!isRunnable)('loses nothing and does nothing twice, whenever a replay is killed', async () => {
    const { world, place, ids, heal } = await createPoisoned(connect, 'abcdefgh'.split(''))
    heal()
    for (const delayMs of [250, 300, 350, 400, 500, 600]) {
      const left = (await world.deadLetters.list()).map(letter => letter.messageId)
      if (left.length === 0) break
      const replay = startEvents(place.variables(world.databaseUrl), ['replay', ...left])
      setTimeout(() => replay.kill('SIGKILL'), delayMs)
      await replay.ended
    }
    const left = (await world.deadLetters.list()).map(letter => letter.messageId)
    await world.deadLetters.replay({ messageIds: left })
    await vi.waitFor(
      async () => expect((await world.effects()).toSorted()).toEqual(ids.toSorted()),
      patienceMs,
    )
    expect(await world.deadLetters.list()).toEqual([])
  })

  it.skipIf(!isRunnable)('shows the last events and then each as it is published, until Ctrl-C', async () => {
    const place = await connect()
    const world = await createWorld(async () => place)
    await place.transport.consume({
      queue,
      types: [UserRegistered.type],
      prefetch: 1,
      deliver: async () => ({ kind: 'ack' }),
    })
    await world.relay()
    const [first, second, third] = ['a', 'b', 'c'].map(registered)
    if (first === undefined || second === undefined || third === undefined) throw new Error('no events')
    await world.publish([first, second])
    await vi.waitFor(async () => expect(await world.pending()).toEqual([]), patienceMs)

    const variables = place.variables(world.databaseUrl)
    const tail = startEvents(variables, ['tail', '--json', '--last', '1', '--type', UserRegistered.type])
    await vi.waitFor(() => expect(idsIn(tail.output())).toEqual([second.id]), patienceMs)
    await world.publish([third])
    await vi.waitFor(() => expect(idsIn(tail.output())).toEqual([second.id, third.id]), patienceMs)
    tail.kill('SIGINT')
    expect(await tail.ended).toBe(0)
  })
})

it.skipIf(broker === undefined)('lists, renews and drops queues', async () => {
  const { transport, variables } = await rabbitMq()
  onTestFinished(() => transport.stop())
  const connection = new Connection(broker ?? '')
  onTestFinished(() => connection.close())
  const settings = variables('')
  const scoped = `${settings.RABBITMQ_NAMESPACE}.${queue}`
  const other = { 'x-queue-type': 'quorum', 'x-delivery-limit': 7 } as const
  const gone = 'notifications.on-nothing'
  const scopedGone = `${settings.RABBITMQ_NAMESPACE}.${gone}`
  for (const each of [scoped, scopedGone])
    await connection.queueDeclare({ queue: each, durable: true, arguments: other })
  onTestFinished(async () => void (await connection.queueDelete(scopedGone)))
  const { ORDERS_DATABASE_URL: _, ...at } = settings
  const events = async (...args: readonly string[]) => (await runEvents(at, args)).output

  const listed = await events('queues')
  expect(listed).toMatch(new RegExp(`^${queue} +0 +0 +x-dead-letter-exchange is none, not `, 'm'))
  expect(listed).toMatch(/^users\.on-staff-acted +0 +0 +missing/m)
  expect(listed).toContain('npm run events -- queues --renew')

  expect(await events('queues', '--renew', '--dry-run')).toContain(queue)
  expect(JSON.parse(await events('queues', '--renew', '--json'))).toMatchObject([
    { renewed: [queue], deleted: [] },
  ])
  expect(await events('queues', '--renew')).toBe('nothing is to be renewed\n')
  expect(await runEvents(at, ['queues', '--drop', queue])).toEqual({
    status: 1,
    output: `${queue} is not dropped: this release consumes ${queue}.\n`,
  })
  expect(await events('queues', '--drop', gone)).toMatch(new RegExp(`^deleted:\n.*\n${gone} +0`))
  expect(await runEvents(at, ['queues', '--drop', gone])).toEqual({
    status: 1,
    output: `There is no queue ${gone}.\n`,
  })
})

it('exits with 1 and says what to do if nothing runs or there is no broker', async () => {
  expect(await runEvents({}, ['queues'])).toEqual({
    status: 1,
    output: expect.stringMatching(/^there are no queues without a broker: .*RABBITMQ_URL/),
  })
  expect(await runEvents({}, ['dead'])).toEqual({
    status: 1,
    output: expect.stringMatching(/^nothing runs here: start npm start, or .*RABBITMQ_URL/),
  })
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  server.close()
  for (const action of ['dead', 'tail', 'queues']) {
    expect(await runEvents({ RABBITMQ_URL: `amqp://guest:secret@127.0.0.1:${port}` }, [action])).toEqual({
      status: 1,
      output: expect.stringMatching(/^RabbitMQ at .* can't be reached .*correct RABBITMQ_URL\.$/m),
    })
  }
})

it('exits with 2 and the help when it is called wrongly, with 0 and the help when it is asked for it', async () => {
  expect(await runEvents({}, ['list'])).toEqual({
    status: 2,
    output: expect.stringMatching(/^say what to do.*\n\nnpm run events -- ACTION/),
  })
  expect(await runEvents({}, ['--help'])).toEqual({ status: 0, output: expect.stringContaining('replay ID') })
})

const registered = (name: string) =>
  UserRegistered.create({
    id: crypto.randomUUID(),
    subject: crypto.randomUUID(),
    version: 1,
    occurredAt: new Date(),
    data: { userId: crypto.randomUUID(), name },
  })

/** A world in which an event of each subject was given up; after `heal` they would be handled. */
const createPoisoned = async (connect: () => Promise<Place>, subjects: readonly string[] = ['a', 'b']) => {
  const place = await connect()
  const world = await createWorld(async () => place)
  let isPoisoned = true
  await world.consume({
    handle: async (manager, envelope) => {
      if (isPoisoned) throw new Error('poison\n\u001b[31m')
      await record(manager, envelope)
    },
  })
  await world.relay()
  const ids: string[] = []
  for (const subject of subjects) {
    const event = world.event(subject, 1)
    ids.push(event.id)
    await world.publish([event])
    await vi.waitFor(async () => expect(await world.deadLetters.list()).toHaveLength(ids.length), patienceMs)
  }
  return {
    world,
    place,
    ids,
    events: (...args: readonly string[]) => runEvents(place.variables(world.databaseUrl), args),
    heal: () => {
      isPoisoned = false
    },
  }
}

const runEvents = async (variables: Readonly<Record<string, string>>, args: readonly string[]) => {
  const { DATA_DIR, remove } = await createDataDirectory()
  const { ended, output } = startEvents({ DATA_DIR, ...variables }, args)
  const status = await ended
  await remove()
  return { status, output: output() }
}

const createDataDirectory = async () => {
  const DATA_DIR = await mkdtemp(join(tmpdir(), 'supergraph-events-'))
  return { DATA_DIR, remove: () => rm(DATA_DIR, { recursive: true }) }
}

const startEvents = (variables: Readonly<Record<string, string>>, args: readonly string[]) => {
  const child = spawn(process.execPath, [...quickStart, join(import.meta.dirname, 'events.ts'), ...args], {
    env: { ...compiledModules(), PATH: process.env.PATH, ...variables },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  return {
    output: () => output,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    ended: once(child, 'close').then(([code]): unknown => code),
  }
}

const idsIn = (output: string): readonly unknown[] =>
  output
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line).id)
