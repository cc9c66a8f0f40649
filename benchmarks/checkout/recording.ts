import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Client } from 'pg'
import { z } from 'zod'

/** An SQL statement as a service sent it. */
type Statement = { readonly text: string; readonly values?: readonly unknown[] | undefined }

/** What a service sent over one connection from the start of a transaction to its end, or a statement outside of any. */
type Transaction = { readonly database: string; readonly statements: readonly Statement[] }

/** The transactions of one checkout, in the order in which they began. */
export type RecordedCheckout = readonly Transaction[]

/** Where the time of one checkout went: what orders waited for another service at a time, and orders itself. */
export type StepTime = {
  readonly step: Step
  readonly ms: number
  /** From the first byte of each statement sent to its answer. */
  readonly sqlMs: number
  readonly statements: number
}

export const steps = ['offers', 'reserve', 'authorize', 'commit', 'capture', 'orders'] as const

type Step = (typeof steps)[number]

/**
 * Does work `count` times, one at a time, with the services in this process, and records what they send to their
 * databases while they answer requests: not what their relays, sweepers and listeners do meanwhile.
 */
export const recordCheckouts = async (
  count: number,
  work: (index: number) => Promise<unknown>,
): Promise<{
  readonly checkouts: readonly RecordedCheckout[]
  readonly times: readonly (readonly StepTime[])[]
}> => {
  const watch = watchCheckout()
  const checkouts: RecordedCheckout[] = []
  const times: (readonly StepTime[])[] = []
  try {
    for (let index = 0; index < count; index += 1) {
      const finish = watch.begin()
      await work(index)
      const { transactions, time } = finish()
      checkouts.push(transactions)
      times.push(time)
    }
  } finally {
    watch.stop()
  }
  return { checkouts, times }
}

const watchCheckout = () => {
  let transactions: Transaction[] = []
  let clocks = new Map<Step, { ms: number; sqlMs: number; statements: number }>()
  let step: Step = 'orders'
  let stepBeganAtMs = 0
  const clock = () => {
    const known = clocks.get(step) ?? { ms: 0, sqlMs: 0, statements: 0 }
    clocks.set(step, known)
    return known
  }
  const enter = (next: Step) => {
    const now = performance.now()
    clock().ms += now - stepBeganAtMs
    step = next
    stepBeganAtMs = now
  }

  const open = new Map<unknown, Statement[]>()
  const stopStatements = watchStatements((client, statement) => {
    const begun = open.get(client)
    if (begun === undefined) {
      const statements = [statement]
      transactions.push({ database: client.database ?? '', statements })
      if (begins.test(statement.text)) open.set(client, statements)
    } else {
      begun.push(statement)
      if (ends.test(statement.text)) open.delete(client)
    }
    const asked = clock()
    asked.statements += 1
    return ms => {
      asked.sqlMs += ms
    }
  })
  const stopCalls = watchCalls(enter, () => enter('orders'))

  return {
    begin: () => {
      transactions = []
      clocks = new Map()
      step = 'orders'
      stepBeganAtMs = performance.now()
      return () => {
        enter('orders')
        if (open.size > 0) throw new Error('a checkout was answered before its last transaction ended')
        const time = steps.map(name => ({
          step: name,
          ...(clocks.get(name) ?? { ms: 0, sqlMs: 0, statements: 0 }),
        }))
        return { transactions, time }
      }
    },
    stop: () => {
      stopStatements()
      stopCalls()
    },
  }
}

const begins = /^\s*(start transaction|begin)\b/i
const ends = /^\s*(commit|rollback)\s*;?\s*$/i

// n.b. a statement that PostgreSQL keeps is sent with its name, as an object
const sentStatement = z.object({ text: z.string(), values: z.array(z.unknown()).optional() })

/** Tells of every statement that is sent while a request is answered, and then how long it took. */
const watchStatements = (
  onStatement: (client: Client, statement: Statement) => (ms: number) => void,
): (() => void) => {
  const inRequest = new AsyncLocalStorage<true>()
  const enterRequest = () => inRequest.enterWith(true)
  subscribe('http.server.request.start', enterRequest)
  const { query } = Client.prototype
  Reflect.set(Client.prototype, 'query', function (this: Client, ...args: readonly unknown[]): unknown {
    if (inRequest.getStore() === undefined) return Reflect.apply(query, this, args)
    const finish = onStatement(
      this,
      sentStatement.parse(typeof args[0] === 'string' ? { text: args[0], values: args[1] } : args[0]),
    )
    const sentAtMs = performance.now()
    const sent: unknown = Reflect.apply(query, this, args)
    const done = () => finish(performance.now() - sentAtMs)
    void Promise.resolve(sent).then(done, done)
    return sent
  })
  return () => {
    Reflect.set(Client.prototype, 'query', query)
    unsubscribe('http.server.request.start', enterRequest)
  }
}

/** Tells when orders calls another service for a step of the checkout, and when it has the whole answer. */
const watchCalls = (onCall: (step: Step) => void, onAnswer: () => void): (() => void) => {
  const calls = new Set<unknown>()
  const begin = (request: unknown, sign: string) => {
    const [, step] = signs.find(([pattern]) => pattern.test(sign)) ?? []
    if (step === undefined) return
    calls.add(request)
    onCall(step)
  }
  const end = (request: unknown) => {
    if (calls.delete(request)) onAnswer()
  }
  const listeners = [
    ['undici:request:create', message => begin(field(message, 'request'), bodyOf(message))],
    ['undici:request:trailers', message => end(field(message, 'request'))],
    ['http.client.request.start', message => begin(field(message, 'request'), pathOf(message))],
    ['http.client.response.finish', message => end(field(message, 'request'))],
  ] as const satisfies readonly (readonly [string, (message: unknown) => void])[]
  for (const [channel, listener] of listeners) subscribe(channel, listener)
  return () => {
    for (const [channel, listener] of listeners) unsubscribe(channel, listener)
  }
}

const signs = [
  [/OrdersOffers\b/, 'offers'],
  [/OrdersReserve\b/, 'reserve'],
  [/OrdersCommit\b/, 'commit'],
  [/^\/v1\/payment_intents$/, 'authorize'],
  [/^\/v1\/payment_intents\/\w+\/capture$/, 'capture'],
] as const satisfies readonly (readonly [RegExp, Step])[]

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

const bodyOf = (message: unknown): string => {
  const body = field(field(message, 'request'), 'body')
  return Buffer.isBuffer(body) ? body.toString() : ''
}

const pathOf = (message: unknown): string => String(field(field(message, 'request'), 'path'))
