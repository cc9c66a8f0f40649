import { directFetch } from '@supergraph/runtime/direct-fetch.ts'
import { z } from 'zod'
import type { MailRow, MailText } from './pages/mail-views.ts'

/** The development mailbox, read over HTTP. */
export type Mailbox = {
  /** Newest first; `to` is an address that they are limited to, or empty. */
  readonly list: (to: string) => Promise<readonly MailRow[]>
  readonly find: (id: string) => Promise<MailText | undefined>
}

const withinMs = 5_000

const row = z.object({
  id: z.string(),
  receivedAt: z.string(),
  from: z.string(),
  to: z.array(z.string()),
  subject: z.string(),
})

const text = row.extend({
  text: z.string(),
  html: z.string().nullable(),
  messageId: z.string().nullable(),
}) satisfies z.ZodType<MailText>

export const createMailbox = (url: string): Mailbox => {
  const ask = async (path: string): Promise<Response> => {
    const response = await directFetch(new URL(path, url), {
      signal: AbortSignal.timeout(withinMs),
    }).catch((cause: unknown) => {
      throw new Error(`The mailbox at ${url} does not answer.`, { cause })
    })
    if (!response.ok && response.status !== 404)
      throw new Error(`The mailbox at ${url} answered ${response.status}.`)
    return response
  }
  return {
    list: async to => {
      const response = await ask(`/summaries?${new URLSearchParams({ to })}`)
      return z.array(row).parse(await response.json())
    },
    find: async id => {
      const response = await ask(`/messages/${id}.json`)
      return response.status === 404 ? undefined : text.parse(await response.json())
    },
  }
}
