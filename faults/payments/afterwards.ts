import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../../testbed/random.ts'
import { waitUntil } from '../../testbed/waiting.ts'
import type { ScenarioContext } from '../scenario.ts'
import type { ShelfProduct } from '../shop/shop.ts'
import { type Fate, fates, findDifferent, type Victim } from './fates.ts'

/** A charge as the provider has it. */
type Charge = {
  readonly id: string
  readonly refunds: number
  readonly disputeId: string | null
  readonly disputeStatus: string | null
}

const maxPauseMs = 1_500
const patienceMs = 60_000

/** Orders that are confirmed in any case, and to whose payments something happens afterwards. */
export const createAfterwards = ({ shop, system }: ScenarioContext, plenty: ShelfProduct) => {
  const victims: Victim[] = []
  const happening: Promise<void>[] = []
  const problems: string[] = []
  const { database, paymentConsole } = system

  const readCharge = async (orderId: string): Promise<Charge> => {
    const [charge] = await database.query<Charge>('payment-simulator', chargeOfOrder, [orderId])
    if (charge === undefined) throw new Error(`order ${orderId} is confirmed and not charged`)
    return charge
  }
  /** n.b. it looks before it asks again: a provider that was killed may have done it */
  const until = async (
    orderId: string,
    isDone: (charge: Charge) => boolean,
    actionOf: (charge: Charge) => Parameters<typeof paymentConsole.act>[1],
  ): Promise<void> => {
    for (const endsAtMs = Date.now() + patienceMs; Date.now() < endsAtMs; await pause(200)) {
      const charge = await readCharge(orderId)
      if (isDone(charge)) return
      await paymentConsole.act(charge.id, actionOf(charge)).catch(() => {})
    }
    throw new Error(`nothing could be done to the payment of ${orderId} within ${patienceMs / 1_000} s`)
  }
  const refundThere = (orderId: string, amount: string) =>
    until(
      orderId,
      ({ refunds }) => refunds > 0,
      () => ({ action: 'refund', amount }),
    )
  const disputeUntil = async (orderId: string, ...steps: readonly ('answer' | 'win' | 'lose')[]) => {
    await until(
      orderId,
      ({ disputeId }) => disputeId !== null,
      () => ({ action: 'dispute' }),
    )
    for (const action of steps) {
      await until(
        orderId,
        ({ disputeStatus }) => disputeStatus === statusAfter[action],
        ({ disputeId }) => ({ action, dispute: disputeId ?? '' }),
      )
    }
  }
  const happen = async ({ fate, orderId }: Victim): Promise<void> => {
    switch (fate.name) {
      case 'refunded at the provider':
      case 'refunded there, and sent back':
        return refundThere(orderId, '')
      case 'refunded there in part':
        return refundThere(orderId, '0.50')
      case 'refunded here, and sent back':
        return shop.refund(orderId)
      case 'disputed, and lost':
        return disputeUntil(orderId, 'lose')
      case 'disputed, and won':
        return disputeUntil(orderId, 'answer', 'win')
      default:
        return fate satisfies never
    }
  }

  return {
    /** Orders, and lets the payment meet its fate a little later. */
    checkOut: async ({
      fate,
      own,
      key,
    }: {
      readonly fate: Fate
      readonly own: Random
      readonly key: string
    }) => {
      const { kind, orderId } = await shop.checkOut({
        key,
        customer: own.pick(shop.customers),
        items: [{ productId: plenty.id, quantity: 1 }],
        paymentMethod: fate.sentBack > 0 ? 'pm_card_refundFail' : 'pm_card_visa',
      })
      if (kind !== 'confirmed' || orderId === null) {
        problems.push(`${key}: ${kind}, though nothing stands against it`)
        return
      }
      const victim = { fate, key, orderId }
      victims.push(victim)
      const happened = pause(own.integer(0, maxPauseMs)).then(() => happen(victim))
      // n.b. haveHappened awaits it; without a handler now, an earlier failure would end the process
      happened.catch(() => {})
      happening.push(happened)
    },
    /** Waits until everything has happened that is going to; throws if something could not. */
    haveHappened: async (): Promise<void> => {
      await Promise.all(happening)
    },
    /** Waits up to a minute for the orders to know what has happened; then one line for each that does not. */
    findProblems: async (): Promise<readonly string[]> => {
      const different = () => findDifferent(database, victims)
      await waitUntil('every order knows of it', async () => (await different()).length === 0, {
        timeoutMs: patienceMs,
        pollMs: 200,
      }).catch(() => {})
      return [...problems, ...(await different())]
    },
    /** How many orders had each fate. */
    counts: () =>
      fates.map(fate => [fate.name, victims.filter(victim => victim.fate === fate).length] as const),
  }
}

const statusAfter = { answer: 'under_review', win: 'won', lose: 'lost' } as const

const chargeOfOrder = `
  select payment_intents.id, (select count(*)::int from refunds where payment_intent_id = payment_intents.id) as refunds,
    disputed.id as "disputeId", disputed.status as "disputeStatus"
  from payment_intents left join lateral (
    select disputes.id, disputes.status from disputes where payment_intent_id = payment_intents.id limit 1
  ) as disputed on true
  where order_id = $1 and payment_intents.status = 'succeeded'`
