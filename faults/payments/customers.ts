import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../../testbed/random.ts'
import type { ScenarioContext } from '../scenario.ts'
import type { PaymentAction, Reply } from '../shop/replies.ts'
import type { Checkout } from '../shop/shop.ts'

/** What customers do whom their bank asks. */
export const mannersOfAsked = [
  ...(['approves', 'approves', 'approves, has no money'] as const),
  ...(['declines', 'walks away', 'approves too late'] as const),
] as const

/** What customers do; `is not asked` has a card whose bank asks nobody. */
export const manners = ['is not asked', ...new Set(mannersOfAsked)] as const

export type Manner = (typeof manners)[number]

/** What became of a checkout. */
type Outcome = { readonly manner: Manner; readonly kind: Reply['kind'] }

/** An order whose customer was asked. */
type AskedOrder = { readonly manner: Manner; readonly key: string; readonly orderId: string }

const maxThinkingMs = 1_500
/** How long before and after the end of the time the customers come who are late. */
const lateByMs = { least: -200, most: 2_000 } as const
const returnChance = 0.5
const patienceMs = 60_000

/** Customers who shop, each in a manner of theirs, and act on the page of the payment provider. */
export const createCustomers = ({ shop }: ScenarioContext) => {
  const outcomes: Outcome[] = []
  const askedOrders: AskedOrder[] = []
  const acts: Promise<void>[] = []

  /** n.b. half of those who act come back to the shop; of the others the shop has to hear by itself */
  const act = async (manner: Manner, own: Random, { action, orderId, customer }: Asked): Promise<void> => {
    if (manner === 'walks away') return
    const late = action.expiresAt.getTime() - Date.now() + own.integer(lateByMs.least, lateByMs.most)
    await pause(manner === 'approves too late' ? late : own.integer(0, maxThinkingMs))
    await decide(action.redirectUrl, manner === 'declines' ? 'decline' : 'approve')
    if (own.chance(returnChance)) await shop.continuePayment(orderId, customer)
  }

  return {
    checkOut: async ({
      manner,
      own,
      ...basket
    }: Pick<Checkout, 'key' | 'items'> & {
      readonly manner: Manner
      readonly own: Random
    }): Promise<Reply['kind']> => {
      const customer = own.pick(shop.customers)
      const checkout = { ...basket, customer, paymentMethod: cardOf(manner, own) }
      const acting = own.fork('acting')
      const { kind } = await shop.checkOut(checkout, (action, orderId) => {
        askedOrders.push({ manner, key: basket.key, orderId })
        const acted = act(manner, acting, { action, orderId, customer })
        // n.b. haveActed awaits it; without a handler now, an earlier failure would end the process
        acted.catch(() => {})
        acts.push(acted)
      })
      outcomes.push({ manner, kind })
      return kind
    },
    /** Waits until everybody has acted who is going to; throws if somebody could not. */
    haveActed: async (): Promise<void> => {
      await Promise.all(acts)
    },
    outcomes: (): readonly Outcome[] => outcomes,
    /** The orders whose customers were asked, each of which once. */
    askedOrders: (): readonly AskedOrder[] => askedOrders,
  }
}

type Asked = {
  readonly action: PaymentAction
  readonly orderId: string
  readonly customer: Checkout['customer']
}

/** Acts as a browser does that loads the page again until it is there; throws after a minute. */
const decide = async (page: string, decision: 'approve' | 'decline'): Promise<void> => {
  for (const endsAtMs = Date.now() + patienceMs; Date.now() < endsAtMs; await pause(200)) {
    const status = await fetch(page, {
      method: 'POST',
      body: new URLSearchParams({ decision }),
      redirect: 'manual',
    }).then(
      async answer => {
        await answer.arrayBuffer()
        return answer.status
      },
      () => undefined,
    )
    if (status === 303 || status === 409) return
  }
  throw new Error(`nobody could ${decision} a payment within ${patienceMs / 1_000} s`)
}

const cardOf = (manner: Manner, own: Random): string => {
  switch (manner) {
    case 'is not asked':
      return own.pick(['pm_card_visa', 'pm_card_visa', 'pm_card_mastercard', 'pm_card_chargeDeclined'])
    case 'approves, has no money':
      return 'pm_card_authenticationRequiredChargeDeclinedInsufficientFunds'
    case 'approves':
    case 'declines':
    case 'walks away':
    case 'approves too late':
      return own.pick(['pm_card_threeDSecure2Required', 'pm_card_authenticationRequired'])
    default:
      return manner satisfies never
  }
}
