import { setTimeout as pause } from 'node:timers/promises'
import { inParallel, waitUntil } from '../../testbed/waiting.ts'
import { type Ground, unmet } from '../scenario.ts'
import { databaseTime } from './evidence.ts'
import type { EventScenario } from './scenarios.ts'

const atOnce = 16
const awayMsPerOrder = 300
const leastAwayMs = 5_000
const cancelChance = 0.4

/** Business as usual while nobody takes e-mail, and senders that die before and while it is caught up with. */
export const smtpAway: EventScenario = {
  name: 'smtp-away',
  guarantee:
    'no mail server for a minute, and its senders killed: each e-mail arrives, once in effect, at its customer alone',
  sizes: { full: 200, short: 15 },
  run: async ground => {
    const { name, system, shop, random, size, advance, noteKill } = ground
    const product = await shop.createProduct(size)
    const since = await databaseTime(system.database)
    const killAt = random.integer(0, size - 1)
    const outcomes: string[] = []
    const awayUntilMs = Date.now() + Math.max(leastAwayMs, size * awayMsPerOrder)
    await system.services.kill('mailbox')
    noteKill()
    await inParallel(size, atOnce, async index => {
      if (index === killAt) await restartWorker(ground, 'notifications-1')
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
    const sentMeanwhile = await countEmails(ground, since, 'SENT')
    const tried = await countEmails(ground, since, 'PENDING')
    await system.services.start('mailbox')
    await waitUntil('e-mail is sent again', async () => (await countEmails(ground, since, 'SENT')) > 0, {
      timeoutMs: 60_000,
    })
    await restartWorker(ground, 'notifications-2')
    const confirmed = outcomes.filter(outcome => outcome === 'confirmed').length
    return unmet([
      [confirmed === size, `${confirmed} of ${size} orders were confirmed`],
      [sentMeanwhile === 0, `${sentMeanwhile} e-mails were sent while there was no mail server`],
      [tried >= size, `${tried} e-mails were tried and waited, of ${size} orders`],
    ])
  },
}

const restartWorker = async (
  { system, noteKill }: Ground,
  worker: 'notifications-1' | 'notifications-2',
): Promise<void> => {
  await system.services.kill(worker)
  noteKill()
  await system.services.start(worker)
}

/** Those since then that senders have tried. */
const countEmails = async (
  { system: { database } }: Ground,
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
