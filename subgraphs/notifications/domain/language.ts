import { formatMoney } from '@supergraph/money/money.ts'
import type { Texts } from './texts.ts'

/** How e-mails and notifications are written for one reader. */
export type Language = {
  /** The BCP 47 tag of its texts. */
  readonly tag: string
  readonly texts: Texts
  readonly money: (amount: Parameters<typeof formatMoney>[0]) => string
  /** A day and a time of day in UTC, which it names: nobody knows where the reader is. */
  readonly moment: (moment: Date) => string
}

/** The language of whoever has not chosen one that is there. */
export const fallback = 'en'

/** The language of texts under this tag, with the notation of a reader's locale. */
export const createLanguage = (tag: string, texts: Texts, locale: string): Language => ({
  tag,
  texts,
  money: amount => formatMoney(amount, locale),
  moment: moment =>
    new Intl.DateTimeFormat(locale, {
      dateStyle: 'long',
      timeStyle: 'long',
      timeZone: 'UTC',
    }).format(moment),
})
