import { messageOf } from '@supergraph/runtime/error-text.ts'
import type { Mailbox } from '../mailbox.ts'
import type { MailsView, MailView } from '../pages/mail-views.ts'
import type { View } from './view.ts'

const noMailbox = 'No mailbox is known here: e-mail goes to a mail server, or MAILBOX_URL is not set.'
const noSuchMail = 'There is no such e-mail (any more).'

// n.b. who opens the frame's address by itself gets the same sandbox: no script, no form, nothing fetched
const framePolicy = [
  'sandbox allow-popups allow-popups-to-escape-sandbox',
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join('; ')

/** The views of e-mail that the shop wrote: the list, one e-mail, and its HTML for a frame. */
export const createMailViews = (mailbox: Mailbox | undefined): readonly View[] => [
  {
    path: /^\/mail$/,
    everyMs: 2_000,
    read: async (_id, query): Promise<MailsView> => {
      if (mailbox === undefined) return { mails: [], trouble: noMailbox }
      try {
        return { mails: await mailbox.list(query.get('to') ?? ''), trouble: null }
      } catch (error) {
        return { mails: [], trouble: messageOf(error) }
      }
    },
  },
  {
    path: /^\/mail\/([\d-]+)\.html$/,
    mediaType: 'text/html',
    policy: framePolicy,
    read: async id => {
      const html = (await mailbox?.find(id))?.html ?? undefined
      return html && `<base target="_blank">${html}`
    },
  },
  {
    path: /^\/mail\/([\d-]+)$/,
    read: async (id): Promise<MailView> => {
      if (mailbox === undefined) return { mail: null, trouble: noMailbox }
      try {
        const mail = (await mailbox.find(id)) ?? null
        return { mail, trouble: mail === null ? noSuchMail : null }
      } catch (error) {
        return { mail: null, trouble: messageOf(error) }
      }
    },
  },
]
