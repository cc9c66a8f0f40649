import { type Deed, Deeds } from './act-form.ts'
import { count, formatTime, shortId } from './format.ts'
import { html } from './html.ts'
import { Copy, Waiting } from './parts.ts'
import { useView } from './use-view.ts'
import type { DeadLetterRow, DeadLettersView } from './views.ts'

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
      <span>${letter.type}</span> <code>…${shortId(letter.messageId)}</code>${' '}
      <span class="note">${count(letter.attempts, 'attempt')}, last ${formatTime(letter.lastFailedAt)}</span>
    </summary>
    <pre>${JSON.stringify(letter.envelope, null, 2)}</pre>
    <a href=${`/events/${letter.messageId}`}>Its way</a> <${Copy} text=${letter.messageId}>Copy id<//>
    <${Acts} queue=${letter.queue} messageIds=${[letter.messageId]} />
  </details>
`

const Acts = ({ queue, messageIds }: { readonly queue: string; readonly messageIds: readonly string[] }) => {
  const what = messageIds.length === 1 ? 'it' : `all ${messageIds.length}`
  const deed = (name: string, action: 'replay' | 'drop'): Deed => ({
    name: `${name} ${what}`,
    confirmation: `${name} ${count(messageIds.length, 'event')}`,
    address: `/dead-letters/${action}`,
    isHarmful: action === 'drop',
    body: { queue, messageIds },
    count: messageIds.length,
  })
  return html`<${Deeds} deeds=${[deed('Replay', 'replay'), deed('Drop', 'drop')]} />`
}
