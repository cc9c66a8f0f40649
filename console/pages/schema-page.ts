import { useEffect, useState } from 'preact/hooks'
import { count, formatAge } from './format.ts'
import { html } from './html.ts'
import { useKeys } from './keys.ts'
import { Service, Waiting } from './parts.ts'
import { addressOf, addressWith, go } from './router.ts'
import { FieldEntry, readersText, usesOf } from './schema-field.ts'
import { useView } from './use-view.ts'
import type { FieldRow, SchemaView, ServedSupergraph } from './views.ts'

type TypeRow = SchemaView['types'][number]

const kinds = [
  { value: '', name: 'all fields' },
  { value: 'unused', name: 'unused' },
  { value: 'unrecorded', name: 'used, not recorded' },
  { value: 'restricted', name: 'restricted' },
  { value: 'deprecated', name: 'deprecated' },
] as const

/** Every field of the graph: who resolves it, who uses it, and who may read it. */
export const SchemaPage = ({ id, query }: { readonly id: string; readonly query: URLSearchParams }) => {
  const { data, trouble } = useView<SchemaView>(id === '' ? '/schema' : `/schema/${id}`)
  const [searched, setSearched] = useState('')
  useKeys({
    '/': () => document.querySelector<HTMLInputElement>('.schema-search')?.focus(),
    Escape: () => go(addressOf('/schema', query)),
  })
  const isThere = data !== undefined
  useEffect(() => document.querySelector(shown())?.scrollIntoView({ block: 'nearest' }), [id, isThere])
  if (data === undefined) return html`<${Waiting} trouble=${trouble} />`
  const [typeName, fieldName] = id.split('.')
  const selected = data.types
    .find(({ name }) => name === typeName)
    ?.fields.find(({ name }) => name === fieldName)
  const types = filtered(data.types, query, searched.toLowerCase())
  const choose = (key: string) => (event: { readonly currentTarget: HTMLSelectElement }) =>
    go(addressWith({ [key]: event.currentTarget.value || null }), { replace: true })
  const owners = [
    ...new Set(data.types.flatMap(({ fields }) => fields.flatMap(each => each.owners))),
  ].toSorted()
  return html`
    <div class="head">
      <h1>Schema</h1>
      <span class="note">${count(
        types.reduce((sum, { fields }) => sum + fields.length, 0),
        'field',
      )}</span>
      ${data.served !== null && html`<span class="note" title=${`supergraph ${data.served.supergraph}`}>${versionText(data.served)}</span>`}
      <span class="gap"></span>
      <a class="button" href="/schema/flow.svg" target="_blank" title="The parts of the system and what goes between them, for a document">Flow as SVG</a>
      <a class="button" href="/schema/flow.mmd" target="_blank" title="The same for a document with Mermaid">Mermaid</a>
    </div>
    <div class="trace-bar">
      <input class="trace-search schema-search" type="search" placeholder="Search fields (/)" aria-label="Search fields"
        value=${searched} onInput=${({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => setSearched(currentTarget.value)} />
      <select aria-label="Subgraph" value=${query.get('owner') ?? ''} onChange=${choose('owner')}>
        <option value="">all subgraphs</option>
        ${owners.map(owner => html`<option value=${owner}>${owner}</option>`)}
      </select>
      <select aria-label="Kind" value=${query.get('only') ?? ''} onChange=${choose('only')}>
        ${kinds.map(({ value, name }) => html`<option value=${value}>${name}</option>`)}
      </select>
    </div>
    <div class=${selected === undefined ? 'trace' : 'trace with-details'}>
      <div>
        ${types.length === 0 && html`<p class="empty">No field is like that.</p>`}
        ${types.map(type => html`<${Fields} key=${type.name} type=${type} selected=${fieldName !== undefined && type.name === typeName ? fieldName : null} query=${query} />`)}
      </div>
      ${selected !== undefined && html`<${FieldEntry} type=${typeName} field=${selected} closeAddress=${addressOf('/schema', query)} />`}
    </div>
  `
}

/** Which supergraph the gateway serves, in words. */
const versionText = ({ supergraph, registryVersion }: ServedSupergraph): string => {
  if (registryVersion === null) return `supergraph ${supergraph.slice(0, 7)}`
  return registryVersion === 'kept'
    ? 'a kept supergraph, none from the registry yet'
    : `version ${registryVersion} in the registry`
}

/** n.b. on a narrow screen a field's entry stands over the fields, where nobody sees it who has scrolled to the field. */
const shown = (): string => (matchMedia('(max-width: 860px)').matches ? '.details' : '.schema .selected')

const filtered = (
  types: readonly TypeRow[],
  query: URLSearchParams,
  searched: string,
): readonly TypeRow[] => {
  const [owner, only] = [query.get('owner'), query.get('only')]
  const isWanted = (type: TypeRow, field: FieldRow) =>
    (owner === null || field.owners.includes(owner)) &&
    isOfKind(field, only) &&
    `${type.name}.${field.name}${field.signature}`.toLowerCase().includes(searched)
  return types
    .map(type => ({ ...type, fields: type.fields.filter(field => isWanted(type, field)) }))
    .filter(({ fields }) => fields.length > 0)
}

const isOfKind = ({ recorded, uses, readers, deprecated }: FieldRow, only: string | null): boolean => {
  switch (only) {
    case 'unused':
      return recorded.length === 0 && uses.length === 0
    case 'unrecorded':
      return recorded.length === 0 && uses.length > 0
    case 'restricted':
      return readers !== 'everyone'
    case 'deprecated':
      return deprecated !== null
    default:
      return true
  }
}

const Fields = ({
  type,
  selected,
  query,
}: {
  readonly type: TypeRow
  readonly selected: string | null
  readonly query: URLSearchParams
}) => html`
  <section>
    <h2 id=${type.name}>${type.name}${type.kind === 'interface' && html` <span class="tag">interface</span>`}</h2>
    <div class="list schema" role="table" aria-label=${type.name}>
      <div class="row header" role="row">
        ${['Field', 'Resolved by', 'Recorded', 'Uses', 'Last', 'Who may read'].map(name => html`<span role="columnheader">${name}</span>`)}
      </div>
      ${type.fields.map(field => html`<${Row} key=${field.name} type=${type.name} field=${field} isSelected=${field.name === selected} query=${query} />`)}
    </div>
  </section>
`

const Row = ({
  type,
  field,
  isSelected,
  query,
}: {
  readonly type: string
  readonly field: FieldRow
  readonly isSelected: boolean
  readonly query: URLSearchParams
}) => {
  const { name, signature, owners, recorded, readers, deprecated, isInternal } = field
  const { total, lastAt } = usesOf(field)
  return html`
    <div class=${isSelected ? 'row selected' : 'row'} role="row">
      <span role="cell" class="field"><a href=${addressOf(`/schema/${type}.${name}`, query)} data-stays class=${deprecated === null ? '' : 'deprecated'}>${name}</a><code>${signature}</code>
        ${isInternal && html` <span class="tag">internal</span>`}</span>
      <span role="cell" class="owners">${owners.map(owner => html`<${Service} name=${owner} />`)}</span>
      <span role="cell" data-name="recorded">${recorded.length || '–'}</span>
      <span role="cell" data-name="uses">${total === 0 ? '–' : total.toLocaleString()}</span>
      <span role="cell" data-name="last">${lastAt === null ? '' : formatAge(lastAt)}</span>
      <span role="cell" class="readers">${readers === 'everyone' ? '' : html`<span class="tag busy">${readersText(readers)}</span>`}</span>
    </div>
  `
}
