import type { Readers } from '../graph/fields.ts'
import { count, formatAge } from './format.ts'
import { html } from './html.ts'
import { Service } from './parts.ts'
import type { FieldRow } from './views.ts'

/** What is known of a field: what it is for, who may read it, and who uses it. */
export const FieldEntry = ({
  type,
  field,
  closeAddress,
}: {
  readonly type: string
  readonly field: FieldRow
  readonly closeAddress: string
}) => html`
  <aside class="details" aria-label="Field">
    <div class="head">
      <h2>${type}.${field.name}</h2>
      <span class="gap"></span>
      <a class="button quiet" aria-label="Close" title="Close (Esc)" data-stays href=${closeAddress}>×</a>
    </div>
    <p><code>${field.name}${field.signature}</code></p>
    ${field.description !== '' && html`<p>${field.description}</p>`}
    ${field.deprecated !== null && html`<p class="trouble">Deprecated: ${field.deprecated || 'no reason is given'}</p>`}
    <dl class="facts">
      <div><dt>Resolved by</dt><dd>${field.owners.map(owner => html`<${Service} name=${owner} /> `)}</dd></div>
      <div><dt>Who may read it</dt><dd>${field.isInternal ? 'subgraphs alone' : readersText(field.readers)}</dd></div>
    </dl>
    <h3>Recorded operations</h3>
    ${
      field.recorded.length === 0
        ? html`<p class="note">None selects it.</p>`
        : html`<ul class="inline">${field.recorded.map(name => html`<li><a href=${`/schema/operations/${name}`}>${name}</a></li>`)}</ul>`
    }
    <h3>Used in the last two weeks</h3>
    ${
      field.uses.length === 0
        ? html`<p class="note">By nobody, as far as spans tell.</p>`
        : html`<table class="passing">
          <thead><tr><th></th><th>client</th><th>uses</th><th>last</th></tr></thead>
          <tbody>
            ${field.uses.map(
              ({ operation, client, uses, lastAt }) => html`<tr>
                <th scope="row">${operation === '' ? html`<i>unnamed</i>` : html`<a href=${requestsOf(operation)}>${operation}</a>`}</th>
                <td>${client === '' ? '–' : client}</td>
                <td>${uses.toLocaleString()}</td>
                <td>${formatAge(lastAt)}</td>
              </tr>`,
            )}
          </tbody>
        </table>`
    }
    ${field.uses.length > 0 && html`<p class="note">${count(usesOf(field).total, 'use')} in spans that were kept; with a sampler these are fewer than there were.</p>`}
  </aside>
`

const requestsOf = (operation: string): string =>
  `/requests?filter=${encodeURIComponent(`operation=${operation}`)}`

/** How often a field was used, and when last; null if it was not. */
export const usesOf = ({ uses }: FieldRow): { readonly total: number; readonly lastAt: string | null } => ({
  total: uses.reduce((sum, use) => sum + use.uses, 0),
  lastAt:
    uses
      .map(({ lastAt }) => lastAt)
      .toSorted()
      .at(-1) ?? null,
})

/** Who may read a field, in words. */
export const readersText = (readers: Readers): string =>
  typeof readers === 'string'
    ? readers === 'signed in'
      ? 'signed-in users'
      : 'everyone'
    : readers.map(scopes => scopes.join(' and ')).join(', or ')
