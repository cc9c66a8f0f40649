import { useState } from 'preact/hooks'
import { type Filters, readFilter, readFilters, withFilters } from '../traces/filters.ts'
import { html } from './html.ts'
import { addressOf, go } from './router.ts'

const suggestions = [
  ...['status=error', 'duration>100ms', 'age<15m', 'kind=work', 'operation=PlaceOrder', 'client~web'],
  ...['sql>10', 'calls>3', 'plan=new', 'service=orders', 'user.id=', 'supergraph.order.id='],
  ...['messaging.message.id=', 'supergraph.transport=websocket', 'graphql.operation.type=mutation'],
]

/** The filters of the list: each can be switched off and on again, or taken away. They stand in the address. */
export const FilterBar = ({ query }: { readonly query: URLSearchParams }) => {
  const filters = readFilters(query)
  const [text, setText] = useState('')
  const apply = (changed: Filters) => go(addressOf('/requests', withFilters(query, changed)))
  const add = (event: Event) => {
    event.preventDefault()
    if (readFilter(text) === undefined) return
    apply({ ...filters, on: [...filters.on, text.trim()] })
    setText('')
  }
  const without = (texts: readonly string[], text: string) => texts.filter(other => other !== text)
  return html`
    <form class="filters" role="search" onSubmit=${add}>
      ${[...filters.on, ...filters.off].map(filter => {
        const isOn = filters.on.includes(filter)
        const on = without(filters.on, filter)
        const off = without(filters.off, filter)
        return html`
          <span key=${filter} class=${isOn ? 'chip' : 'chip off'}>
            <button type="button" aria-pressed=${isOn} title=${isOn ? 'Switch off' : 'Switch on'}
              onClick=${() => apply(isOn ? { on, off: [...off, filter] } : { on: [...on, filter], off })}>${filter}</button>
            <button type="button" aria-label=${`Remove ${filter}`} onClick=${() => apply({ on, off })}>×</button>
          </span>
        `
      })}
      <input type="search" list="filter-suggestions" value=${text} placeholder="Filter: duration>100ms, status=error, any words …"
        aria-label="Add a filter" onInput=${({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => setText(currentTarget.value)} />
      <datalist id="filter-suggestions">${suggestions.map(value => html`<option value=${value}></option>`)}</datalist>
    </form>
  `
}
