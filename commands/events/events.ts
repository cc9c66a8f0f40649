import { runCommand } from '../command-line.ts'
import { type EventsCall, readArguments } from './arguments.ts'
import { workOnDeadLetters } from './dead-letters.ts'
import { workOnQueues } from './queues.ts'
import { openDeadLetters, openQueues } from './source.ts'
import { tail } from './tail.ts'

const help = `npm run events -- ACTION [options]

  tail           shows events as they are published, until Ctrl-C
  dead           lists the events that consumers gave up after their last attempt, oldest first
  show ID        shows one of these dead letters, with its error and the event
  replay ID...   returns them to the queue that gave them up, with all attempts anew
  drop ID...     deletes them for ever
  queues         lists the queues on RabbitMQ: how much lies in them, and what is not as this release wants it
  queues --renew [QUEUE...]
                 gives these or all queues the arguments of this release, keeps what lies in them, and deletes retry queues
                 that nobody uses; the consumers of a queue wait meanwhile, some seconds if no message waits for a retry
  queues --drop QUEUE...
                 deletes queues whose consumers are gone, those beside them and all that lies in them for ever

  --type TYPE        only events of this type, such as order.placed (tail, dead)
  --subject ID       only events about this order, product or user (tail, dead)
  --since TIME       only events since then: 90s, 10m, 2h or 3d ago, or 2026-01-31T12:00:00Z (tail, dead)
  --queue QUEUE      only events that this queue gave up, such as notifications.on-order-changed (all but tail)
  --last N           begins with the last N events of the outboxes (tail)
  --dry-run          says what would be done, and does nothing (replay, drop, queues)
  --json             prints JSON: a list, or for tail one event per line
  --payload          shows what contracts mark as sensitive too, and all of an event that no contract describes (tail,
                     show, and with --json dead, replay, drop)
  --help             this text

What contracts mark as sensitive, such as names and e-mail addresses, is shown as "hidden".

It works on the running npm start. RABBITMQ_URL and RABBITMQ_NAMESPACE name a broker instead; USERS_DATABASE_URL,
PRODUCTS_DATABASE_URL, ORDERS_DATABASE_URL and NOTIFICATIONS_DATABASE_URL name outboxes elsewhere.

Exits with 0 when it is done, 1 when it can't do it, 2 when it was called wrongly.`

const withoutTerminal = 80

const run = async (call: EventsCall): Promise<void> => {
  const width = process.stdout.columns ?? withoutTerminal
  if (call.action === 'tail') return tail(process.env, call, { width, stopped: untilStopped() })
  if (call.action === 'queues') {
    const queues = await openQueues(process.env)
    try {
      await workOnQueues(queues, call, console.log)
    } finally {
      await queues.stop()
    }
    return
  }
  const deadLetters = await openDeadLetters(process.env)
  try {
    console.log(await workOnDeadLetters(deadLetters, call, { width, now: new Date() }))
  } finally {
    await deadLetters.stop()
  }
}

/** Resolves at Ctrl-C, or when nobody reads the output any longer. */
const untilStopped = (): Promise<void> =>
  new Promise(resolve => {
    process.once('SIGINT', () => resolve()).once('SIGTERM', () => resolve())
    process.stdout.once('error', () => resolve())
  })

await runCommand(help, () => run(readArguments(process.argv.slice(2), new Date())))
