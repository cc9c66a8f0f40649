import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { postAct } from './act-form.ts'
import type { FaultKind, FaultyPart } from './fault-views.ts'
import { html } from './html.ts'

/** What buttons call faults. */
export const kindNames = {
  latency: 'Latency',
  errors: 'Errors',
  outage: 'Outage',
  'double-delivery': 'Double delivery',
} as const satisfies Readonly<Record<FaultKind, string>>

/** How much of a fault there is, where that is a question. */
const amounts: Readonly<Partial<Record<FaultKind, Amount>>> = {
  latency: { name: 'ms', before: 'each request waits for', after: 'ms', value: '500', max: '30000' },
  errors: { name: 'percent', before: 'of the requests fail', after: '%', value: '30', max: '100' },
}

type Amount = {
  readonly name: string
  readonly before: string
  readonly after: string
  readonly value: string
  readonly max: string
}

const longestSeconds = 600

const text =
  (take: (value: string) => void) =>
  ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) =>
    take(currentTarget.value)

/** Puts the focus into a form; what it returns gives it back to what had it before. */
const takeFocus = (form: HTMLFormElement | null) => {
  const { activeElement: before } = document
  form?.querySelector('input')?.focus()
  return () => {
    const isInside = form?.contains(document.activeElement) === true
    if (isInside && before instanceof HTMLElement) before.focus()
  }
}

/** Asks how much goes wrong, for how long and why, and lets it happen. */
export const FaultForm = ({
  part,
  kind,
  onDone,
  onCancel,
}: {
  readonly part: FaultyPart
  readonly kind: FaultKind
  readonly onDone: (outcome: string) => void
  readonly onCancel: () => void
}) => {
  const amount = amounts[kind]
  const [value, setValue] = useState(amount?.value ?? '')
  const [seconds, setSeconds] = useState('60')
  const [reason, setReason] = useState('')
  const [isUnderWay, setUnderWay] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  useLayoutEffect(() => takeFocus(form.current), [])
  const begin = async (event: Event) => {
    event.preventDefault()
    setUnderWay(true)
    onDone(
      await postAct(`/faults/${part.on}/${kind}`, {
        reason,
        seconds: Number(seconds),
        ...(amount && { [amount.name]: Number(value) }),
      }),
    )
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onCancel()
  }
  return html`
    <form class="acts" ref=${form} aria-label=${`${kindNames[kind]} of ${part.title}`} onSubmit=${begin} onKeyDown=${onKey}>
      ${
        amount !== undefined &&
        html`<label><input class="short" required type="number" min="1" max=${amount.max} value=${value} onInput=${text(setValue)} /> ${amount.after}</label>`
      }
      <label>for <input class="short" required type="number" min="1" max=${longestSeconds} value=${seconds} onInput=${text(setSeconds)} /> s</label>
      <input required maxlength="500" placeholder="Why? It is written to the audit log" aria-label="Reason" value=${reason} onInput=${text(setReason)} />
      <button class="primary" disabled=${isUnderWay}>Begin</button>
      <button type="button" class="quiet" onClick=${onCancel}>Not now</button>
    </form>
  `
}
