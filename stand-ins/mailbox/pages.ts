import { type Html, html } from '@supergraph/runtime/html.ts'
import type { Message } from './messages.ts'

/** The list of messages, newest first; `to` is the address that it is limited to, or empty. */
export const listPage = (messages: readonly Message[], to: string): string =>
  page(
    'Mailbox',
    html`<header>
      <h1>Mailbox</h1>
      <form>
        <input type="search" name="to" value="${to}" placeholder="ada@example.com" aria-label="To">
        <button>Show</button>
      </form>
    </header>
    ${messages.length === 0 ? empty : html`<ol>${messages.map(item)}</ol>`}`,
  )

/** One message: its HTML in a frame that runs no script and fetches nothing, and its text. */
export const messagePage = (message: Message): string =>
  page(
    message.subject,
    html`<p><a href="/">← Mailbox</a></p>
    <h1>${message.subject}</h1>
    <dl>
      <dt>From</dt><dd>${message.from}</dd>
      <dt>To</dt><dd>${message.to.join(', ')}</dd>
      <dt>Received</dt><dd>${time(message.receivedAt)}</dd>
      <dt>Message-ID</dt><dd>${message.messageId ?? 'none'}</dd>
    </dl>
    ${message.html === null ? '' : frame(message.html)}
    <h2>Text</h2>
    <pre>${message.text}</pre>
    <p><a href="/messages/${message.id}/raw">As it came in</a></p>`,
  )

export const notFoundPage = (): string =>
  page(
    'Not found',
    html`<h1>Not found</h1><p>There is no such message. <a href="/">Back to the mailbox</a></p>`,
  )

const empty = html`<p class="note">No message yet. What the shop sends appears here, and leaves for nowhere else.</p>`

const item = ({ id, to, subject, receivedAt }: Message): Html => html`<li>
      <a href="/messages/${id}">
        <strong>${subject === '' ? '(no subject)' : subject}</strong>
        <span>${to.join(', ')}</span>
        ${time(receivedAt)}
      </a>
    </li>`

// n.b. no allow-scripts and no allow-same-origin; links open in a tab of their own
const frame = (content: string): Html =>
  html`<iframe title="The message" sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="${`<base target="_blank">${content}`}"></iframe>`

const time = (iso: string): Html =>
  html`<time datetime="${iso}">${iso.replace('T', ' ').replace(/\..*$/, ' UTC')}</time>`

const page = (title: string, body: Html): string =>
  html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    ${style}
  </head>
  <body>
    <main>${body}</main>
  </body>
</html>
`.html

const style = html`<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { margin: 0 }
  main { max-width: 52rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere }
  header { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; justify-content: space-between }
  h1 { font-size: 1.4rem; margin: 0.5rem 0 }
  h2 { font-size: 1rem }
  ol { list-style: none; padding: 0 }
  li a { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: 0.7rem 0; border-top: 1px solid #8884; color: inherit; text-decoration: none }
  li strong { flex: 1 1 20rem }
  li span, time, .note, dt { opacity: 0.75 }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem }
  dd { margin: 0 }
  iframe { width: 100%; height: 32rem; border: 1px solid #8884; border-radius: 6px; background: #fff }
  pre { white-space: pre-wrap; padding: 1rem; border: 1px solid #8884; border-radius: 6px }
</style>`
