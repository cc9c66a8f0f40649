import { formatAge, formatTime } from './format.ts'
import { html } from './html.ts'
import { moveFocus, useKeys } from './keys.ts'
import type { MailRow, MailsView, MailView } from './mail-views.ts'
import { Waiting } from './parts.ts'
import { addressOf, addressWith, go } from './router.ts'
import { useView } from './use-view.ts'

/** The e-mails that the shop wrote, newest first. */
export const MailsPage = ({ query }: { readonly query: URLSearchParams }) => {
  const { data, trouble } = useView<MailsView>(addressOf('/mail', query))
  const to = query.get('to') ?? ''
  useKeys({ j: () => moveFocus('.list a', 1), k: () => moveFocus('.list a', -1) })
  const choose = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) =>
    go(addressWith({ to: currentTarget.value.trim() || null }))
  return html`
    <div class="head">
      <h1>Mail</h1>
      <span class="gap"></span>
      <input type="search" value=${to} placeholder="To: ada@example.com" aria-label="To" onChange=${choose} />
    </div>
    ${data === undefined ? html`<${Waiting} trouble=${trouble} />` : html`<${List} view=${data} to=${to} />`}
  `
}

const List = ({ view: { mails, trouble }, to }: { readonly view: MailsView; readonly to: string }) => {
  if (trouble !== null) return html`<p class="empty" role="status">${trouble}</p>`
  if (mails.length === 0)
    return html`<p class="empty">${
      to === ''
        ? 'No e-mail yet. What the shop writes appears here, and leaves for nowhere else.'
        : `No e-mail to ${to}.`
    }</p>`
  return html`<div class="list mails" role="table" aria-label="E-mails">
    <div class="row header" role="row">
      ${['Time', 'Subject', 'To', 'Age'].map(name => html`<span role="columnheader">${name}</span>`)}
    </div>
    ${mails.map(mail => html`<${Row} key=${mail.id} mail=${mail} />`)}
  </div>`
}

const Row = ({ mail: { id, receivedAt, subject, to } }: { readonly mail: MailRow }) => html`
  <div class="row" role="row">
    <time role="cell" datetime=${receivedAt}>${formatTime(receivedAt)}</time>
    <span role="cell"><a href=${`/mail/${id}`}>${nameOf(subject)}</a></span>
    <span role="cell">${to.join(', ')}</span>
    <span role="cell" class="note">${formatAge(receivedAt)}</span>
  </div>
`

/** One e-mail: its HTML in a frame that runs no script and fetches nothing, and its text. */
export const MailPage = ({ mailId }: { readonly mailId: string }) => {
  const { data, trouble } = useView<MailView>(`/mail/${mailId}`)
  const mail = data?.mail ?? undefined
  if (mail === undefined) return html`<${Waiting} trouble=${data?.trouble ?? trouble} />`
  return html`
    <div class="head">
      <a class="back" href="/mail" aria-label="Back to the e-mails">←</a>
      <h1>${nameOf(mail.subject)}</h1>
    </div>
    <dl class="facts">
      <div><dt>Received</dt><dd>${formatTime(mail.receivedAt)}</dd></div>
      <div><dt>From</dt><dd>${mail.from}</dd></div>
      <div><dt>To</dt><dd>${mail.to.map(
        (address, index) =>
          html`${index > 0 && ', '}<a href=${addressOf('/mail', new URLSearchParams({ to: address }))}>${address}</a>`,
      )}</dd></div>
      ${mail.messageId !== null && html`<div><dt>Message-ID</dt><dd><code>${mail.messageId}</code></dd></div>`}
    </dl>
    ${
      mail.html !== null &&
      html`<iframe class="mail" title="The e-mail" sandbox="allow-popups allow-popups-to-escape-sandbox" src=${`/mail/${mailId}.html`}></iframe>`
    }
    <h2>Text</h2>
    <pre>${mail.text}</pre>
  `
}

const nameOf = (subject: string): string => (subject === '' ? '(no subject)' : subject)
