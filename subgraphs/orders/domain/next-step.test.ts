import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createWorld, heldUntil } from '../tests/checkout-world.ts'
import {
  anticipatePayment,
  applyResult,
  giveUp,
  mayStayUnwritten,
  nextStep,
  type Step,
  type StepResult,
} from './next-step.ts'
import { type Changed, cancelOrder, type Order, type OrderEvent, placeOrder, shipOrder } from './order.ts'
import { isOverdue } from './patience.ts'
import { requestRefund } from './refund.ts'

const now = new Date(0)
const lines = [{ productId: 'p', productName: 'Mug', sku: 'MUG', unitPriceMinor: 1_000, quantity: 3 }]
const tracking = { carrier: null, trackingNumber: '1' }
const staff = { kind: 'STAFF', userId: 's' } as const
const place = (amountMinor: number) =>
  placeOrder(
    {
      id: 'o',
      number: '100001',
      customerId: 'c',
      total: { amountMinor, currency: 'EUR' },
      paymentMethod: 'pm',
    },
    now,
  )

type Request = { readonly step: Step; readonly order: Order; readonly fence: number }
type Sent = Pick<Request, 'fence'> & { readonly answer: StepResult }

/** A process's order, which may be further than the row that it knows. */
type Progress = { readonly written: Order; readonly order: Order }

/**
 * Plays with an order, its row and its fencing number: requests and answers are late, lost or double, commands come
 * between, processes stop with progress that is not written, and go on although they have lost the order.
 */
const createPlay = (totalMinor: number, needsCustomer: boolean) => {
  const world = createWorld(totalMinor, needsCustomer)
  const start = place(totalMinor)
  let holder: Progress = { written: anticipatePayment(start.order), order: start.order }
  let fence = 1
  let isFirstAttempt = true
  const events: OrderEvent[] = [...start.events]
  const requests: Request[] = []
  const answers: Sent[] = []
  const undone: Step[] = []
  const losers: Progress[] = []
  let refunds = 0
  let at = now

  const write = (result: Changed | { readonly kind: string }): void => {
    if (!('events' in result)) return
    const { order: before, written } = holder
    const step = nextStep(result.order)
    isFirstAttempt =
      step !== nextStep(before) && (step !== 'AUTHORIZE_PAYMENT' || before.payment.state === 'NOT_ASKED')
    const isWritten = result.events.length > 0 || !mayStayUnwritten(written, result.order)
    holder = { written: isWritten ? result.order : written, order: result.order }
    events.push(...result.events)
  }
  const claim = (): void => {
    losers.push(holder)
    holder = { ...holder, order: holder.written }
    fence += 1
    isFirstAttempt = false
  }
  const command = (decide: (order: Order) => Changed | { readonly kind: string }): void => {
    claim()
    write(decide(holder.order))
  }
  const saveProgress = (): void => {
    holder = { ...holder, written: holder.order }
  }
  const deliver = (sent: Sent | undefined): void => {
    if (sent === undefined || sent.fence !== fence) return
    const transition = applyResult(holder.order, sent.answer, at)
    if (transition.kind === 'changed' && sent.answer.step.startsWith('RETURN')) undone.push(sent.answer.step)
    write(transition)
  }
  const ask = (): Request | undefined => {
    const step = nextStep(holder.order)
    if (step === null) return undefined
    isFirstAttempt = false
    return { step, order: holder.order, fence }
  }
  const act = (request: Request | undefined, luck: boolean): Sent | undefined => {
    const answer = request && world.perform(request.step, request.order, luck)
    return request && answer && { fence: request.fence, answer }
  }
  const loserGoesOn = (luck: boolean): void => {
    const loser = losers.shift()
    if (loser === undefined) return
    const step = nextStep(loser.order)
    const answer = step === null ? undefined : world.perform(step, loser.order, luck)
    const transition = answer && applyResult(loser.order, answer, at)
    // n.b. a process learns that it has lost the order when it has to write
    const isLeft =
      transition?.kind === 'changed' &&
      transition.events.length === 0 &&
      mayStayUnwritten(loser.written, transition.order)
    if (isLeft) {
      losers.push({ ...loser, order: transition.order })
    }
  }

  const moves = {
    perform: luck => deliver(act(ask(), luck)),
    send: () => {
      const request = ask()
      if (request !== undefined) requests.push(request)
    },
    arrive: luck => {
      const sent = act(requests.shift(), luck)
      if (sent !== undefined) answers.push(sent)
    },
    answer: () => deliver(answers.shift()),
    answerTwice: () => {
      const sent = answers.shift()
      deliver(sent)
      deliver(sent)
    },
    notExecuted: () => {
      const step = nextStep(holder.order)
      const canBe = isFirstAttempt && (step === 'RESERVE_STOCK' || step === 'AUTHORIZE_PAYMENT')
      if (canBe) deliver({ fence, answer: { step, kind: 'notExecuted' } })
    },
    claim,
    saveProgress,
    fail: () => {
      saveProgress()
      holder = { ...holder, order: holder.written }
      fence += 1
      isFirstAttempt = false
    },
    loserGoesOn,
    giveUp: () => write(giveUp(holder.order, now)),
    cancel: () => command(order => cancelOrder(order, { reason: null, actor: staff }, now)),
    ship: () => command(order => shipOrder(order, { tracking, actor: staff }, now)),
    refund: isInFull => {
      refunds += 1
      const items = isInFull ? null : [{ productId: 'p', quantity: 1 }]
      const refund = { id: `r${refunds}`, items, reason: null, actor: staff }
      command(order => requestRefund(order, lines, [], refund))
    },
    approve: world.approve,
    refuse: world.refuse,
    decide: world.decide,
    waitTooLong: () => {
      at = new Date(heldUntil.getTime() + 1)
    },
    expire: world.expire,
    lapse: world.lapse,
  } satisfies Record<string, (luck: boolean) => void>

  return {
    moves,
    /** Performs what is left, then lets every late request and answer arrive, and every process that lost the order end. */
    finish: () => {
      moves.waitTooLong()
      world.decide(true)
      for (let steps = 0; nextStep(holder.order) !== null && steps < 10; steps += 1) moves.perform(true)
      while (requests.length > 0) moves.arrive(true)
      while (answers.length > 0) moves.answer()
      while (losers.length > 0) loserGoesOn(true)
      world.approve(true)
      return { order: holder.order, written: holder.written, events, undone, ...world.facts() }
    },
  }
}

type Move = keyof ReturnType<typeof createPlay>['moves']
const names: readonly Move[] = [
  ...(['perform', 'perform', 'perform', 'perform', 'send', 'arrive', 'answer', 'answerTwice'] as const),
  ...(['notExecuted', 'claim', 'saveProgress', 'fail', 'loserGoesOn', 'loserGoesOn'] as const),
  ...(['giveUp', 'cancel', 'ship', 'refund', 'expire', 'lapse', 'waitTooLong'] as const),
  ...(['approve', 'approve', 'refuse', 'decide', 'decide'] as const),
]
/** n.b. what happens late in an order's life is rare by chance alone: the first steps go well, as many as `ahead` says. */
const histories = fc.record({
  needsCustomer: fc.boolean(),
  ahead: fc.nat(5),
  moves: fc.array(fc.record({ move: fc.constantFrom(...names), luck: fc.boolean() }), { maxLength: 24 }),
})

type History = typeof histories extends fc.Arbitrary<infer Value> ? Value : never

const playAll = ({ needsCustomer, ahead, moves }: History, totalMinor: number) => {
  const play = createPlay(totalMinor, needsCustomer)
  for (let step = 0; step < ahead; step += 1) play.moves.perform(true)
  for (const { move, luck } of moves) play.moves[move](luck)
  return play.finish()
}

/** What must hold once nothing is left to do. */
const expectAgreement = (
  { status, payment, total }: Order,
  held: ReturnType<ReturnType<typeof createWorld>['facts']>,
): void => {
  switch (status) {
    case 'CONFIRMED':
    case 'SHIPPED':
    case 'DELIVERED':
      expect(held).toMatchObject({ isTaken: true, isCharged: total.amountMinor > 0 })
      expect(held.heldMinor).toBe(total.amountMinor - payment.refundedMinor)
      break
    case 'REFUNDED':
      expect(held).toMatchObject({ isTaken: true, isCharged: true, heldMinor: 0 })
      break
    case 'REJECTED':
    case 'CANCELLED':
      expect(held).toMatchObject({ isHolding: false, heldMinor: 0 })
      break
    case 'PENDING':
      throw new Error('an order with nothing left to do is not PENDING')
    default:
      status satisfies never
  }
}

describe('the checkout, whatever is late, lost, double, cancelled, refunded or given up', () => {
  it.each([
    3_000, 0,
  ])('ends an order of %i with a charge and stock that agree with its status', totalMinor => {
    fc.assert(
      fc.property(histories, history => {
        const { order, written, ...held } = playAll(history, totalMinor)
        expect(nextStep(order)).toBeNull()
        expect(written).toEqual(order)
        expectAgreement(order, held)
      }),
      { numRuns: 5_000 },
    )
  })

  it('undoes the payment once at most and the stock once at most', () => {
    fc.assert(
      fc.property(histories, history => {
        const { undone } = playAll(history, 3_000)
        expect(undone).toEqual([...new Set(undone)])
      }),
      { numRuns: 1_000 },
    )
  })

  it('numbers what happened to an order without gaps, and refunds what its events tell', () => {
    fc.assert(
      fc.property(histories, history => {
        const { order, events, isCharged, refundedMinor } = playAll(history, 3_000)
        expect(events.map(({ version }) => version)).toEqual(events.map((_, index) => index + 1))
        expect(order.version).toBe(events.length)
        expect(events.at(-1)?.status).toBe(order.status)
        if (isCharged) expect(refundedMinor).toBe(order.payment.refundedMinor)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('an order that waits', () => {
  const { order } = place(3_000)
  const later = new Date(30 * 60_000 + 1)

  it('is overdue after 30 minutes on its way forwards, and no more once it is given up', () => {
    expect([now, new Date(30 * 60_000), later].map(at => isOverdue(order, at))).toEqual([false, false, true])
    const transition = giveUp(order, later)
    if (transition.kind !== 'changed') throw new Error('a PENDING order can be given up')
    expect(isOverdue(transition.order, later)).toBe(false)
    expect(nextStep(transition.order)).toBe('RETURN_STOCK')
  })

  it('is REJECTED as Unavailable once it has returned what it may hold', () => {
    const reserved = applyResult(order, { step: 'RESERVE_STOCK', kind: 'reserved' }, now)
    if (reserved.kind !== 'changed') throw new Error('a PENDING order waits for its stock')
    const away = applyResult(reserved.order, { step: 'AUTHORIZE_PAYMENT', kind: 'notExecuted' }, now)
    if (away.kind !== 'changed') throw new Error('it waits for its payment')
    expect(away.order).toMatchObject({ status: 'PENDING', refusal: { kind: 'Unavailable' } })
    expect(nextStep(away.order)).toBe('RETURN_STOCK')
    expect(applyResult(away.order, { step: 'RETURN_STOCK', kind: 'returned' }, now)).toMatchObject({
      order: { status: 'REJECTED', stock: 'RETURNED', payment: { state: 'NOT_ASKED' } },
      events: [{ kind: 'rejected', version: 2 }],
    })
  })
})
