import { formatAge } from './format.ts'
import { html } from './html.ts'
import { useKeys } from './keys.ts'
import { Copy, Waiting } from './parts.ts'
import { PlanDrawing } from './plan-drawing.ts'
import { PlanTree } from './plan-panel.ts'
import { curlOf, graphiqlOf } from './request-tools.ts'
import { go } from './router.ts'
import { useView } from './use-view.ts'
import type { RecordedOperationView } from './views.ts'

/** A recorded operation: its document, what it fetches, and who runs it. */
export const OperationPage = ({ name }: { readonly name: string }) => {
  const { data, trouble } = useView<RecordedOperationView>(`/schema/operations/${name}`)
  useKeys({ Escape: () => go('/schema') })
  if (data === undefined) return html`<${Waiting} trouble=${trouble} />`
  const { operation, plan, uses } = data
  return html`
    <div class="head">
      <a class="back" href="/schema" aria-label="Back to the schema">←</a>
      <h1>${name}</h1>
      <span class="tag">recorded</span>
      <span class="gap"></span>
      <${Copy} text=${curlOf(operation)} look="button">Copy as cURL<//>
      <a class="button" href=${graphiqlOf(operation)} target="_blank" rel="noreferrer">GraphiQL</a>
    </div>
    <div class="halves">
      <section>
        <h2>Document</h2>
        <pre class="document">${operation.document}</pre>
      </section>
      <section>
        <div class="head">
          <h2>What it fetches</h2>
          <span class="gap"></span>
          ${
            plan !== null &&
            html`<a class="button" href=${`/schema/operations/${name}.svg`} target="_blank">SVG</a>
            <a class="button" href=${`/schema/operations/${name}.mmd`} target="_blank">Mermaid</a>`
          }
        </div>
        ${
          plan === null
            ? html`<p class="note">The gateway tells the plan when the operation runs.</p>`
            : html`<${PlanDrawing} name=${name} plan=${plan} />
              <${PlanTree} plan=${plan} />`
        }
        <h2>Who runs it</h2>
        ${
          uses.length === 0
            ? html`<p class="note">Nobody in the last two weeks, as far as spans tell.</p>`
            : html`<table class="passing card-table">
              <thead><tr><th>client</th><th>uses</th><th>last</th></tr></thead>
              <tbody>
                ${uses.map(
                  ({ client, uses: count, lastAt }) => html`<tr>
                    <th scope="row">${client === '' ? html`<i>unnamed</i>` : client}</th>
                    <td>${count.toLocaleString()}</td>
                    <td>${formatAge(lastAt)}</td>
                  </tr>`,
                )}
              </tbody>
            </table>
            <p><a href=${`/requests?filter=${encodeURIComponent(`operation=${name}`)}`}>Its requests</a></p>`
        }
      </section>
    </div>
  `
}
