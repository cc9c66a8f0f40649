import { codeOf } from '@supergraph/runtime/error-text.ts'
import { Client, type ClientConfig } from 'pg'
import { createMeasureStatement } from './statement-metrics.ts'
import { createStatementNames } from './statement-names.ts'
import { inStatementSpan } from './statement-span.ts'

// n.b. what a statement returns has changed, or the server has it no longer or already
const staleCodes: ReadonlySet<string> = new Set(['0A000', '26000', '42P05'])

/** Settings of a connection; without `keepsStatements`, which is true by default, PostgreSQL keeps none of its statements. */
type ServiceClientConfig = ClientConfig & { readonly keepsStatements?: boolean | undefined }

/** A connection of a service, on which PostgreSQL keeps the statements that are sent often parsed and planned. */
export class ServiceClient extends Client {
  constructor(config: ServiceClientConfig = {}) {
    super(config)
    // n.b. a client has no listener for errors between the pool's and TypeORM's, and an error without a listener ends the process
    this.on('error', () => {})
    // n.b. found anew each time: what records statements puts another one there
    const measure = createMeasureStatement(this.database ?? '')
    const send = (sent: readonly unknown[]): unknown =>
      measure(() => Reflect.apply(Client.prototype.query, this, sent))
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
}
