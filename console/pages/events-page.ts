import { formatAge, formatTime, shortId } from './format.ts'
import { html } from './html.ts'
import { moveFocus, useKeys } from './keys.ts'
import { Waiting } from './parts.ts'
import { addressOf, addressWith, go } from './router.ts'
import { useView } from './use-view.ts'
import type { EventsView } from './views.ts'

/** The latest events that traces tell of. */
export const EventsPage = ({ query }: { readonly query: URLSearchParams }) => {
  const { data, trouble } = useView<EventsView>(addressOf('/events', query))
  useKeys({ j: () => moveFocus('.list a', 1), k: () => moveFocus('.list a', -1) })
  if (data === undefined) return html`<${Waiting} trouble=${trouble} />`
  const { events, types, deadLetters } = data
  const choose = ({ currentTarget }: { readonly currentTarget: HTMLSelectElement }) =>
    go(addressWith({ type: currentTarget.value || null }))
  return html`
    <div class="head">
      <h1>Events</h1>
      <span class="gap"></span>
      ${deadLetters !== null && deadLetters > 0 && html`<a class="button bad" href="/dead-letters">${deadLetters} dead</a>`}
      <select aria-label="Type" value=${query.get('type') ?? ''} onChange=${choose}>
        <option value="">all types</option>
        ${types.map(type => html`<option value=${type}>${type}</option>`)}
      </select>
    </div>
    ${
      events.length === 0
        ? html`<p class="empty">No event has come by. Place an order, and its events appear here.</p>`
        : html`<div class="list events" role="table" aria-label="Events">
          <div class="row header" role="row">
            ${['Time', 'Type', 'Event', 'Age'].map(name => html`<span role="columnheader">${name}</span>`)}
          </div>
          ${events.map(
            ({ id, label, firstAt, isFailed }) => html`
              <div key=${id} class=${isFailed ? 'row failed' : 'row'} role="row">
                <time role="cell" datetime=${firstAt}>${formatTime(firstAt)}</time>
                <span role="cell"><a href=${`/events/${id}`}>${label}</a></span>
                <code role="cell">…${shortId(id)}</code>
                <span role="cell" class="note">${formatAge(firstAt)}</span>
              </div>
            `,
          )}
        </div>`
    }
  `
}
