import { useState } from 'preact/hooks'
import { count, formatTime, shortId } from './format.ts'
import { html } from './html.ts'
import { Copy, Waiting } from './parts.ts'
import { useView } from './use-view.ts'
import type { ActedOn, DeadLetterRow, DeadLettersView } from './views.ts'

type Group = { readonly queue: string; readonly error: string; readonly letters: readonly DeadLetterRow[] }

/** What queues have given up, by queue and reason; each group can be replayed or dropped. */
export const DeadLettersPage = () => {
  const { data, trouble } = useView<DeadLettersView>('/dead-letters')
  if (data === undefined) return html`<${Waiting} trouble=${trouble} />`
  return html`
    <div class="head"><h1>Dead letters</h1><span class="note">${count(data.letters.length, 'event')} given up</span></div>
    ${data.trouble !== null && html`<p class="trouble" role="alert">${data.trouble}</p>`}
    ${data.letters.length === 0 && data.trouble === null && html`<p class="empty">Nothing was given up.</p>`}
    ${groupsOf(data.letters).map(group => html`<${LetterGroup} key=${`${group.queue} ${group.error}`} group=${group} />`)}
  `
}

const groupsOf = (letters: readonly DeadLetterRow[]): readonly Group[] =>
  [...Map.groupBy(letters, ({ queue, error }) => `${queue}\n${error}`).values()].flatMap(own => {
    const [first] = own
    return first === undefined ? [] : { queue: first.queue, error: first.error, letters: own }
  })

const LetterGroup = ({ group: { queue, error, letters } }: { readonly group: Group }) => {
  const times = letters.flatMap(({ firstFailedAt, lastFailedAt }) => [firstFailedAt, lastFailedAt]).toSorted()
  return html`
    <section class="card">
      <h2>${queue}</h2>
      <p class="trouble">${error}</p>
      <p class="note">${count(letters.length, 'event')} · failed from ${formatTime(times[0] ?? '')} to ${formatTime(times.at(-1) ?? '')}</p>
      <div class="list letters" role="table" aria-label=${`Dead letters of ${queue}`}>
        ${letters.map(letter => html`<${Letter} key=${letter.messageId} letter=${letter} />`)}
      </div>
      <${Acts} queue=${queue} messageIds=${letters.map(({ messageId }) => messageId)} />
    </section>
  `
}

const Letter = ({ letter }: { readonly letter: DeadLetterRow }) => html`
  <details class="letter">
    <summary>
      <span>${letter.type}</span> <code>…${shortId(letter.messageId)}</code>
      <span class="note">${count(letter.attempts, 'attempt')}, last ${formatTime(letter.lastFailedAt)}</span>
    </summary>
    <pre>${JSON.stringify(letter.envelope, null, 2)}</pre>
    <a href=${`/events/${letter.messageId}`}>Its way</a> <${Copy} text=${letter.messageId}>Copy id<//>
    <${Acts} queue=${letter.queue} messageIds=${[letter.messageId]} />
  </details>
`

/** Replay and drop: what is meant is confirmed with a reason, which is written to the log. */
const Acts = ({ queue, messageIds }: { readonly queue: string; readonly messageIds: readonly string[] }) => {
  const [action, setAction] = useState<'replay' | 'drop' | null>(null)
  const [reason, setReason] = useState('')
  const [said, setSaid] = useState('')
  const act = async (event: Event) => {
    event.preventDefault()
    const response = await fetch(`/dead-letters/${action}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ queue, messageIds, reason }),
    })
    const answer: Partial<ActedOn> & { readonly message?: string } = await response.json()
    setSaid(
      answer.message ??
        `${action === 'drop' ? 'Dropped' : 'Replayed'} ${count(answer.messageIds?.length ?? 0, 'event')}`,
    )
    setAction(null)
  }
  if (action === null) {
    return html`<p class="acts">
      <button onClick=${() => setAction('replay')}>Replay ${messageIds.length === 1 ? 'it' : `all ${messageIds.length}`}</button>
      <button class="bad" onClick=${() => setAction('drop')}>Drop ${messageIds.length === 1 ? 'it' : `all ${messageIds.length}`}</button>
      ${said !== '' && html`<span class="note" role="status">${said}</span>`}
    </p>`
  }
  return html`
    <form class="acts" onSubmit=${act}>
      <input required maxlength="500" placeholder="Why? It is written to the log" aria-label="Reason" value=${reason}
        onInput=${({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => setReason(currentTarget.value)} />
      <button class=${action === 'drop' ? 'bad' : 'primary'}>${action === 'drop' ? 'Drop' : 'Replay'} ${count(messageIds.length, 'event')}</button>
      <button type="button" class="quiet" onClick=${() => setAction(null)}>Cancel</button>
    </form>
  `
}
