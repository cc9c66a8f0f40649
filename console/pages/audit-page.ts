import { formatTime } from './format.ts'
import { html } from './html.ts'
import { Waiting } from './parts.ts'
import { useView } from './use-view.ts'
import type { ActRow, AuditView } from './views.ts'

/** Who did what through the console, and why. */
export const AuditPage = () => {
  const { data, trouble } = useView<AuditView>('/audit')
  if (data === undefined) return html`<${Waiting} trouble=${trouble} />`
  return html`
    <div class="head"><h1>Audit log</h1><span class="note">what was done here, by whom and why</span></div>
    ${
      data.acts.length === 0
        ? html`<p class="empty">Nobody has done anything yet.</p>`
        : html`<ol class="way">${data.acts.map(act => html`<${Row} key=${act.id} act=${act} />`)}</ol>`
    }
  `
}

const Row = ({
  act: { begunAt, who, role, address, act, about, reason, outcome },
}: {
  readonly act: ActRow
}) => html`
  <li class=${outcome?.startsWith('failed') ? 'failed' : ''}>
    <time class="age" datetime=${begunAt}>${formatTime(begunAt)}</time>
    <div>
      ${act} ${/^[\da-f-]{36}$/.test(about) ? html`<a href=${`/orders/${about}`}>${about}</a>` : about}
      <p class="note">${who} (${role}) from ${address}: “${reason}”</p>
      <p class=${outcome?.startsWith('failed') ? 'trouble' : 'note'}>${outcome ?? 'under way, or the process ended meanwhile'}</p>
    </div>
  </li>
`
