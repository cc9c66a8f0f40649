/** An e-mail in the list. */
export type MailRow = {
  readonly id: string
  readonly receivedAt: string
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
}

/** An e-mail with what it says. */
export type MailText = MailRow & {
  readonly text: string
  /** Null if it has no HTML. */
  readonly html: string | null
  readonly messageId: string | null
}

/** The page of e-mails, newest first. */
export type MailsView = {
  readonly mails: readonly MailRow[]
  /** Why they can't be read; null if they can. */
  readonly trouble: string | null
}

/** The page of one e-mail. */
export type MailView = {
  /** Null if it can't be read. */
  readonly mail: MailText | null
  /** Why it can't be read; null if it can. */
  readonly trouble: string | null
}
