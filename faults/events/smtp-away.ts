import { setTimeout as pause } from 'node:timers/promises'
import { inParallel, waitUntil } from '../../testbed/waiting.ts'
import { killAndStart } from '../disturbance.ts'
import { type ScenarioContext, unmet } from '../scenario.ts'
import type { EventScenario } from './event-scenario.ts'
import { databaseTime } from './inboxes.ts'

const atOnce = 16
const awayMsPerOrder = 300
const cancelChance = 0.4

/** Everyday orders while there is no mail server. Senders die before it is back and while they catch up. */
export const smtpAway: EventScenario = {
  name: 'smtp-away',
  guarantee:
    'no mail server for a minute, and its senders killed: each e-mail arrives, once in effect, at its customer alone',
  sizes: { full: 200, short: 15 },
  run: async context => {
    const { name, system, shop, random, size, advance, noteKill } = context
    const product = await shop.createProduct(size)
    const since = await databaseTime(system.database)
    const killAt = random.integer(0, size - 1)
    const outcomes: string[] = []
    const awayUntilMs = Date.now() + size * awayMsPerOrder
    await system.processes.kill('mailbox')
    noteKill()
    await inParallel(size, atOnce, async index => {
      if (index === killAt) await killAndStart(context, 'notifications-1')
      const own = random.fork(String(index))
      const customer = own.pick(shop.customers)
      const reply = await shop.checkOut({
        key: `${name} ${index}`,
        customer,
        items: [{ productId: product.id, quantity: 1 }],
      })
      outcomes.push(reply.kind)
      if (reply.orderId !== null && own.chance(cancelChance)) await shop.cancel(reply.orderId, customer)
      advance()
    })
    await pause(awayUntilMs - Date.now())
    await waitUntil(
      'senders have tried what waits',
      async () => (await countEmails(context, since, 'PENDING')) >= size,
      { timeoutMs: 60_000 },
    ).catch(() => {})
    const sentMeanwhile = await countEmails(context, since, 'SENT')
    const tried = await countEmails(context, since, 'PENDING')
    await system.processes.start('mailbox')
    await waitUntil('e-mail is sent again', async () => (await countEmails(context, since, 'SENT')) > 0, {
      timeoutMs: 60_000,
    })
    await killAndStart(context, 'notifications-2')
    const confirmed = outcomes.filter(outcome => outcome === 'confirmed').length
    return unmet([
      [confirmed === size, `${confirmed} of ${size} orders were confirmed`],
      [sentMeanwhile === 0, `${sentMeanwhile} e-mails were sent while there was no mail server`],
      [tried >= size, `${tried} e-mails were tried and waited, of ${size} orders`],
    ])
  },
}

/** Counts the e-mails since then that senders have tried to send. */
const countEmails = async (
  { system: { database } }: ScenarioContext,
  since: string,
  state: 'PENDING' | 'SENT',
): Promise<number> => {
  const [row] = await database.query<{ count: number }>(
    'notifications',
    'select count(*)::int as count from emails where created_at >= $1 and state = $2 and attempts > 0',
    [since, state],
  )
  return row?.count ?? 0
}
