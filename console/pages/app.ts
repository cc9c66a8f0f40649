import { useEffect, useState } from 'preact/hooks'
import { useWho } from './act-form.ts'
import { AuditPage } from './audit-page.ts'
import { DeadLettersPage } from './dead-letters-page.ts'
import { EventPage } from './event-page.ts'
import { EventsPage } from './events-page.ts'
import { FaultsPage } from './faults-page.ts'
import { html } from './html.ts'
import { useKeys } from './keys.ts'
import { LivePage } from './live-page.ts'
import { MailPage, MailsPage } from './mail-page.ts'
import { MapPage } from './map-page.ts'
import { OperationPage } from './operation-page.ts'
import { OrderPage } from './order-page.ts'
import { OrdersPage } from './orders-page.ts'
import { RequestPage } from './request-page.ts'
import { RequestsPage } from './requests-page.ts'
import { go, type Place, usePlace } from './router.ts'
import { SchemaPage } from './schema-page.ts'
import { ThemeSwitch } from './theme.ts'

const sections = [
  { path: '/requests', name: 'Requests', address: '/requests?filter=kind%3Drequest' },
  { path: '/map', name: 'Map', address: '/map' },
  { path: '/orders', name: 'Orders', address: '/orders' },
  { path: '/events', name: 'Events', address: '/events' },
  { path: '/dead-letters', name: 'Dead letters', address: '/dead-letters' },
  { path: '/live', name: 'Live', address: '/live' },
  { path: '/schema', name: 'Schema', address: '/schema' },
  { path: '/mail', name: 'Mail', address: '/mail' },
  { path: '/audit', name: 'Audit', address: '/audit' },
  { path: '/faults', name: 'Faults', address: '/faults' },
] as const

/** n.b. the tenth section has the key after 9 on a keyboard */
const keyOf = (index: number): string => String((index + 1) % 10)

/** The whole console: its sections, and the page at the present address. */
export const App = () => {
  const place = usePlace()
  const [isHelpOpen, setHelpOpen] = useState(false)
  useKeys({
    ...Object.fromEntries(sections.map(({ address }, index) => [keyOf(index), () => go(address)])),
    '?': () => setHelpOpen(isOpen => !isOpen),
    Escape: () => setHelpOpen(false),
  })
  // n.b. on a phone the sections are wider than the screen
  useEffect(() => {
    document.querySelector('nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [place.path])
  return html`
    <header class="top">
      <a class="brand" href="/requests?filter=kind%3Drequest"><span class="mark" aria-hidden="true"></span>Console</a>
      <nav aria-label="Sections">
        ${sections.map(
          ({ path, name, address }) => html`
            <a href=${address} aria-current=${isIn(place, path) ? 'page' : undefined}>${name}</a>
          `,
        )}
      </nav>
      <${Account} />
      <${ThemeSwitch} />
      <button class="quiet help-button" title="Keys (?)" aria-label="Keys" onClick=${() => setHelpOpen(!isHelpOpen)}>?</button>
    </header>
    <main><${Page} place=${place} /></main>
    ${isHelpOpen && html`<${Help} onClose=${() => setHelpOpen(false)} />`}
  `
}

/** Who is signed in, and the way out. */
const Account = () => {
  const who = useWho()
  if (who === undefined || !who.isSignedIn) return null
  const signOut = async () => {
    await fetch('/sign-out', { method: 'POST' })
    location.reload()
  }
  return html`<button class="quiet" title=${`${who.who}, ${who.role.toLowerCase()}`} onClick=${signOut}>Sign out</button>`
}

const isIn = ({ path }: Place, section: string): boolean => path === section || path.startsWith(`${section}/`)

const Page = ({ place }: { readonly place: Place }) => {
  const { path, query } = place
  const [, section, id = '', name = ''] = path.split('/')
  document.title = `${sections.find(({ path: own }) => own === `/${section}`)?.name ?? 'Console'} · Console`
  if (section === 'requests')
    return id === ''
      ? html`<${RequestsPage} query=${query} />`
      : html`<${RequestPage} traceId=${id} query=${query} />`
  if (section === 'map') return html`<${MapPage} partId=${id} query=${query} />`
  if (section === 'orders') return id === '' ? html`<${OrdersPage} />` : html`<${OrderPage} orderId=${id} />`
  if (section === 'events')
    return id === '' ? html`<${EventsPage} query=${query} />` : html`<${EventPage} eventId=${id} />`
  if (section === 'mail')
    return id === '' ? html`<${MailsPage} query=${query} />` : html`<${MailPage} mailId=${id} />`
  if (section === 'faults') return html`<${FaultsPage} />`
  if (section === 'audit') return html`<${AuditPage} />`
  if (section === 'live') return html`<${LivePage} />`
  if (section === 'schema')
    return id === 'operations'
      ? html`<${OperationPage} name=${name} />`
      : html`<${SchemaPage} id=${id} query=${query} />`
  if (section === 'dead-letters') return html`<${DeadLettersPage} />`
  return html`<p class="empty">There is nothing here. <a href="/">To the requests</a></p>`
}

const keyTable = [
  ['1 – 9, 0', 'the sections'],
  ['j, k', 'down and up in a list'],
  ['Enter', 'open'],
  ['/', 'search'],
  ['p', 'pause, and go on'],
  ['i', 'show or hide idle time of a request'],
  ['l, n', 'the plan of a request; why something in it is null'],
  ['Esc', 'close'],
] as const

const Help = ({ onClose }: { readonly onClose: () => void }) => html`
  <div class="help" role="dialog" aria-label="Keys">
    <h2>Keys</h2>
    <dl>${keyTable.map(([key, what]) => html`<dt><kbd>${key}</kbd></dt><dd>${what}</dd>`)}</dl>
    <button onClick=${onClose}>Close</button>
  </div>
`
