import { useWho } from './act-form.ts'
import { formatTime } from './format.ts'
import { html } from './html.ts'
import { Waiting } from './parts.ts'
import { useView } from './use-view.ts'
import type { ActRow, AuditView, ShopAct } from './views.ts'

/** Who did what, here and in the shop, and why. */
export const AuditPage = () => {
  const { data, trouble } = useView<AuditView>('/audit')
  const who = useWho()
  if (data === undefined) return html`<${Waiting} trouble=${trouble} />`
  const { acts, shopActs, shopIsSilent } = data
  const rows = [
    ...acts.map(act => ({ at: act.begunAt, row: html`<${ActHere} key=${`here ${act.id}`} act=${act} />` })),
    ...shopActs.map(act => ({ at: act.at, row: html`<${ActInShop} key=${`shop ${act.id}`} act=${act} />` })),
  ].toSorted((one, other) => Date.parse(other.at) - Date.parse(one.at))
  return html`
    <div class="head"><h1>Audit log</h1><span class="note">what was done here and in the shop, by whom and why</span></div>
    ${shopIsSilent !== null && html`<p class="note">${shopIsSilent} ${who?.isSignedIn === false && html`<a href="/sign-in" target="_self">Sign in</a>`}</p>`}
    ${
      rows.length === 0
        ? html`<p class="empty">Nobody has done anything yet.</p>`
        : html`<ol class="way">${rows.map(({ row }) => row)}</ol>`
    }
  `
}

const ActHere = ({
  act: { begunAt, who, role, address, act, about, reason, outcome },
}: {
  readonly act: ActRow
}) => html`
  <li class=${outcome?.startsWith('failed') ? 'failed' : ''}>
    <time class="age" datetime=${begunAt}>${formatTime(begunAt)}</time>
    <div>
      ${act} ${/^[\da-f-]{36}$/.test(about) ? html`<a href=${`/orders/${about}`}>${about}</a>` : about}
      <p class="note">${who} (${role}) from ${address}, here: “${reason}”</p>
      <p class=${outcome?.startsWith('failed') ? 'trouble' : 'note'}>${outcome ?? 'under way, or the process ended meanwhile'}</p>
    </div>
  </li>
`

const ActInShop = ({
  act: { at, actor, actorId, clientAddress, act, about, reason, changes },
}: {
  readonly act: ShopAct
}) => html`
  <li>
    <time class="age" datetime=${at}>${formatTime(at)}</time>
    <div>
      ${act} ${about.kind === 'ORDER' ? html`<a href=${`/orders/${about.id}`}>${about.id}</a>` : `${about.kind.toLowerCase()} ${about.id}`}
      <p class="note">${whoActed(actor, actorId)}${clientAddress !== null && ` from ${clientAddress}`}, in the shop${reason !== null && `: “${reason}”`}</p>
      ${changes.map(
        ({ field, before, after }) =>
          html`<p class="note">${field}: ${before ?? 'nothing'} → ${after ?? 'nothing'}</p>`,
      )}
    </div>
  </li>
`

const whoActed = (actor: ShopAct['actor'], actorId: string | null): string => {
  if (actor !== null) return actor.email ?? actor.name
  return actorId === null ? 'whoever runs the shop' : `the deleted account ${actorId}`
}
