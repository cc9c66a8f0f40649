import { useEffect, useState } from 'preact/hooks'
import { html } from './html.ts'
import type { WhoView } from './views.ts'

let asked: Promise<WhoView> | undefined

/** Who looks; undefined until that is known. */
export const useWho = (): WhoView | undefined => {
  const [who, setWho] = useState<WhoView>()
  useEffect(() => {
    asked ??= fetch('/who').then(response => response.json())
    void asked.then(setWho)
  }, [])
  return who
}

/** Has something done, and returns what came of it in words. */
export const postAct = async (address: string, body: object): Promise<string> => {
  const response = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer: { readonly outcome?: string; readonly message?: string } = await response.json()
  return answer.outcome ?? answer.message ?? `The console answered ${response.status}.`
}

/** Something that can be done at an address, once it is confirmed with a reason. */
export type Deed = {
  readonly name: string
  /** What the button says that confirms it, with the count of what is meant. */
  readonly confirmation: string
  readonly address: string
  readonly isHarmful: boolean
  readonly body?: object
  /** How many it is done to; more than one are done at a rate, and their count is typed. */
  readonly count?: number
}

const text =
  (take: (value: string) => void) =>
  ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) =>
    take(currentTarget.value)

/** Buttons for what can be done. What is meant is confirmed with a reason, which is written to the audit log. */
export const Deeds = ({ deeds }: { readonly deeds: readonly Deed[] }) => {
  const who = useWho()
  const [chosen, setChosen] = useState<Deed | null>(null)
  const [said, setSaid] = useState('')
  const mayNot = who !== undefined && !who.mayAct
  const onDone = (outcome: string) => {
    setSaid(outcome)
    setChosen(null)
  }
  if (chosen !== null)
    return html`<${Confirmation} deed=${chosen} onDone=${onDone} onCancel=${() => setChosen(null)} />`
  return html`<p class="acts">
    ${deeds.map(
      deed => html`
        <button class=${deed.isHarmful ? 'bad' : ''} disabled=${mayNot} title=${mayNot ? 'Only an admin of the shop acts here' : ''}
          onClick=${() => setChosen(deed)}>${deed.name}</button>
      `,
    )}
    ${said !== '' && html`<span class="note" role="status">${said}</span>`}
  </p>`
}

const Confirmation = ({
  deed,
  onDone,
  onCancel,
}: {
  readonly deed: Deed
  readonly onDone: (outcome: string) => void
  readonly onCancel: () => void
}) => {
  const [reason, setReason] = useState('')
  const [perSecond, setPerSecond] = useState('100')
  const [typed, setTyped] = useState('')
  const [isUnderWay, setUnderWay] = useState(false)
  const { count = 1 } = deed
  const isMany = count > 1
  const act = async (event: Event) => {
    event.preventDefault()
    setUnderWay(true)
    onDone(
      await postAct(deed.address, { ...deed.body, reason, ...(isMany && { perSecond: Number(perSecond) }) }),
    )
  }
  return html`
    <form class="acts" onSubmit=${act}>
      <input required maxlength="500" placeholder="Why? It is written to the audit log" aria-label="Reason" value=${reason} onInput=${text(setReason)} />
      ${
        isMany &&
        html`
        <label>Type ${count} <input class="short" required inputmode="numeric" pattern=${String(count)} value=${typed} onInput=${text(setTyped)} /></label>
        <label>per second <input class="short" required type="number" min="1" max="1000" value=${perSecond} onInput=${text(setPerSecond)} /></label>
      `
      }
      <button class=${deed.isHarmful ? 'bad' : 'primary'} disabled=${isUnderWay}>${deed.confirmation}</button>
      <button type="button" class="quiet" onClick=${onCancel}>Not now</button>
    </form>
  `
}
