import { affected } from '@supergraph/postgres/statements.ts'
import type { EntityManager } from 'typeorm'
import type { PaymentIntentRow } from './database/tables.ts'
import type { BankFault } from './faults.ts'
import type { LaterChange } from './later-changes.ts'

/** What a request is carried out with. */
export type Work = {
  /** The transaction. */
  readonly manager: EntityManager
  /** The origin of the simulator's pages. */
  readonly origin: string
  /** Whether what happens is sent to an endpoint of the shop. */
  readonly isTold: boolean
  /** How the bank is to answer this request, if not at once or for good. */
  readonly bank?: BankFault | undefined
  /** What is stored at the end of the transaction. */
  readonly changes: Changes
}

/** What work brings about, besides the refunds and disputes, which it writes itself. */
export type Changes = {
  /** The payments that are new or have changed, by id. n.b. who reads them again meanwhile gets them as they were */
  readonly payments: Map<string, PaymentIntentRow>
  /** In the order in which they happened; `body` is the event as JSON. */
  readonly events: { readonly id: string; readonly type: string; readonly body: string }[]
  readonly later: { readonly change: LaterChange; readonly afterMs: number }[]
  /** The response that is kept under an idempotency key. */
  response?: KeptResponse
}

/** The changes of work that has yet to begin. */
export const noChanges = (): Changes => ({ payments: new Map(), events: [], later: [] })

/** A row of `idempotency_keys`: the response to the first request under the key. */
type KeptResponse = {
  readonly key: string
  readonly requestHash: string
  readonly status: number
  readonly body: string
}

/** Has the change come after so many milliseconds, even if the simulator is killed meanwhile. */
export const changeLater = ({ changes }: Work, change: LaterChange, afterMs: number): void => {
  changes.later.push({ change, afterMs })
}

/** Stores what work brings about, in its transaction. */
export const storeChanges = async ({ manager, isTold, changes }: Work): Promise<void> => {
  const { payments, events, later, response } = changes
  if (payments.size + events.length + later.length === 0 && response === undefined) return
  await affected(
    manager,
    `with paid as (
       insert into payment_intents (id, amount, amount_received, amount_refunded, currency, status, payment_method,
         metadata, created_at, canceled_at, client_secret, return_url, failure)
       select id, amount, "amountReceived", "amountRefunded", currency, status, "paymentMethod",
         metadata, "createdAt", "canceledAt", "clientSecret", "returnUrl", failure
       from json_to_recordset($1) as payment (id text, amount bigint, "amountReceived" bigint,
         "amountRefunded" bigint, currency text, status text, "paymentMethod" text, metadata jsonb,
         "createdAt" timestamptz, "canceledAt" timestamptz, "clientSecret" text, "returnUrl" text, failure jsonb)
       on conflict (id) do update
       set amount_received = excluded.amount_received, amount_refunded = excluded.amount_refunded,
         status = excluded.status, canceled_at = excluded.canceled_at, failure = excluded.failure
     ), told as (
       insert into events (id, type, body, next_attempt_at)
       select id, type, body, case when $3::boolean then now() end
       from rows from (json_to_recordset($2) as (id text, type text, body text))
         with ordinality as event (id, type, body, place)
       order by place
     ), to_come as (
       insert into later_changes (change, due_at)
       select change, now() + make_interval(secs => "afterMs" / 1000)
       from json_to_recordset($4) as later (change jsonb, "afterMs" float8)
     )
     insert into idempotency_keys (key, request_hash, status, body)
     select key, "requestHash", status, body
     from json_to_recordset($5) as response (key text, "requestHash" text, status integer, body text)`,
    [
      JSON.stringify([...payments.values()]),
      JSON.stringify(events),
      isTold,
      JSON.stringify(later),
      JSON.stringify(response === undefined ? [] : [response]),
    ],
  )
}
