import { AsyncLocalStorage } from 'node:async_hooks'
import { codeOf } from '@supergraph/runtime/error-text.ts'
import { Client, type ClientConfig } from 'pg'
import { readColumns } from './column-types.ts'
import { waitLimits } from './connection.ts'
import { createMeasureStatement } from './statement-metrics.ts'
import { createStatementNames } from './statement-names.ts'
import { inStatementSpan } from './statement-span.ts'

// n.b. what a statement returns has changed, or the server has it no longer or already
const staleCodes: ReadonlySet<string> = new Set(['0A000', '26000', '42P05'])

/** n.b. the server ends a statement after 15 s: if no word of that comes either, the path to the server is gone. */
const answerWithinMs = waitLimits.statement_timeout + 5_000

const patience = new AsyncLocalStorage<'as long as it takes'>()

/** Does work whose statements may take longer than others may. */
export const withLongStatements = <T>(work: () => Promise<T>): Promise<T> =>
  patience.run('as long as it takes', work)

/** Settings of a connection; without `keepsStatements`, which is true by default, PostgreSQL keeps none of its statements. */
type ServiceClientConfig = ClientConfig & { readonly keepsStatements?: boolean | undefined }

/**
 * A connection of a service, on which PostgreSQL keeps the statements that are sent often parsed and planned. It breaks off if a
 * statement has no answer for 20 s: a peer that vanished while it owes an answer is noticed by TCP after a quarter of an hour.
 */
export class ServiceClient extends Client {
  constructor(config: ServiceClientConfig = {}) {
    super(config)
    readColumns(this)
    // n.b. a client has no listener for errors between the pool's and TypeORM's, and an error without a listener ends the process
    this.on('error', () => {})
    // n.b. found anew each time: what records statements puts another one there
    const measure = createMeasureStatement(this.database ?? '')
    const send = (sent: readonly unknown[]): unknown =>
      measure(() => this.#unlessVanished(Reflect.apply(Client.prototype.query, this, sent)))
    const sendTraced = (text: unknown, sent: readonly unknown[]): unknown =>
      inStatementSpan(text, this.database, () => send(sent))
    const names = config.keepsStatements === false ? undefined : createStatementNames()
    const query = (text: unknown, ...others: readonly unknown[]): unknown => {
      const [values] = others
      const isStatement = typeof text === 'string' && others.length === 1 && Array.isArray(values)
      const name = isStatement && values.length > 0 ? names?.of(text) : undefined
      if (!isStatement || name === undefined) return sendTraced(text, [text, ...others])
      return Promise.resolve(sendTraced(text, [{ name, text, values }])).catch((error: unknown) => {
        if (staleCodes.has(codeOf(error))) names?.forget(text)
        throw error
      })
    }
    Object.assign(this, { query })
  }

  #unlessVanished(answer: unknown): unknown {
    if (!(answer instanceof Promise) || patience.getStore() !== undefined) return answer
    // n.b. while a statement has no answer, `end` does not wait for one
    const timer = setTimeout(() => void this.end().catch(() => {}), answerWithinMs)
    const clear = () => clearTimeout(timer)
    answer.then(clear, clear)
    return answer
  }
}
