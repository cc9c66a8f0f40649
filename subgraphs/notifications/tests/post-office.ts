import { expect } from 'vitest'
import type { Options } from '../server.ts'
import { startMailServer } from './mail-server.ts'
import { createSystem } from './notifications-under-test.ts'

/** The columns of `emails` that tests look at. */
export type EmailState = {
  readonly id: string
  readonly state: string
  readonly attempts: number
  readonly last_error: string | null
  readonly due_in_s: number
}

/** One database, a mail server, and replicas that send through it. */
export const createPostOffice = async (options: Options = {}) => {
  const system = await createSystem()
  const mail = await startMailServer()
  const variables = {
    SMTP_URL: mail.url,
    MAIL_FROM: 'The Shop <shop@shop.example>',
    SHOP_URL: 'https://shop.example/eu/',
    WELCOME_LIMIT_PER_MAILBOX: '1000/1h',
  }
  const emails = async (): Promise<readonly EmailState[]> => {
    const { rows } = await system.sql.query(
      `select id, state, attempts, last_error, extract(epoch from due_at - now())::float8 as due_in_s
       from emails order by created_at, id`,
    )
    return rows
  }
  return {
    ...system,
    mail,
    emails,
    startReplica: (overrides: Readonly<Record<string, string>> = {}) =>
      system.startReplica(options, { ...variables, ...overrides }),
    /** Waits until every e-mail is in one of these states. */
    settled: (...states: readonly string[]) =>
      expect
        .poll(async () => (await emails()).every(({ state }) => states.includes(state)), { timeout: 60_000 })
        .toBe(true),
    /** Makes every e-mail due that waits for its next attempt or for the end of a lease. */
    makeDue: async () => {
      await system.sql.query(`update emails set due_at = now() where state = 'PENDING'`)
      await system.sql.query(`select pg_notify('emails', '')`)
    },
  }
}
