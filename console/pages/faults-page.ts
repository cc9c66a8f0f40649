import { useEffect, useState } from 'preact/hooks'
import { postAct, useWho } from './act-form.ts'
import { FaultForm, kindNames } from './fault-form.ts'
import type { FaultKind, FaultRow, FaultsView, FaultyPart } from './fault-views.ts'
import { count } from './format.ts'
import { html } from './html.ts'
import { useKeys } from './keys.ts'
import { colourOf, Waiting } from './parts.ts'
import { useView } from './use-view.ts'

/** What is made to go wrong on purpose, and where: each fault ends by itself, or before its time. */
export const FaultsPage = () => {
  const { data, trouble } = useView<FaultsView>('/faults')
  const [open, setOpen] = useState<{ readonly on: string; readonly kind: FaultKind } | null>(null)
  const [said, setSaid] = useState('')
  const nowMs = useNow(data !== undefined && data.faults.length > 0)
  useKeys({ Escape: () => setOpen(null) })
  if (data === undefined) return html`<${Waiting} trouble=${trouble} />`
  const { faults, parts, areAllowed } = data
  const onDone = (outcome: string) => {
    setSaid(outcome)
    setOpen(null)
  }
  return html`
    <div class="head">
      <h1>Faults</h1>
      <span class="note">made on purpose, in development alone; each ends by itself</span>
      ${faults.length > 0 && html`<span class="tag busy">${count(faults.length, 'fault')} now</span>`}
      <span class="gap"></span>
      <span class="note" role="status">${said}</span>
    </div>
    ${trouble !== undefined && html`<p class="trouble" role="alert">${trouble}</p>`}
    ${
      areAllowed
        ? html`<ul class="faulty">
            ${parts.map(
              part => html`
                <${PartFaults} key=${part.on} part=${part} faults=${faults.filter(({ on }) => on === part.on)} nowMs=${nowMs}
                  chosen=${open?.on === part.on ? open.kind : null}
                  onChoose=${(kind: FaultKind | null) => setOpen(kind && { on: part.on, kind })} onDone=${onDone} />
              `,
            )}
          </ul>
          ${parts.some(({ reach }) => reach === 'none') && html`<p class="note">A service whose buttons are grey has no process that takes faults from this console. A process of its own takes them with <code>CONSOLE_URL=${location.origin}</code>.</p>`}`
        : html`<p class="empty">There are no faults here: in production, no process can be made to fail on purpose.</p>`
    }
  `
}

const PartFaults = ({
  part,
  faults,
  nowMs,
  chosen,
  onChoose,
  onDone,
}: {
  readonly part: FaultyPart
  readonly faults: readonly FaultRow[]
  readonly nowMs: number
  readonly chosen: FaultKind | null
  readonly onChoose: (kind: FaultKind | null) => void
  readonly onDone: (outcome: string) => void
}) => {
  const who = useWho()
  const mayNot = who !== undefined && !who.mayAct
  const isOutOfReach = part.reach === 'none'
  const why = mayNot
    ? 'Only an admin of the shop acts here'
    : isOutOfReach
      ? 'None of its processes takes faults from this console'
      : ''
  return html`
    <li class=${[faults.length > 0 && 'faulted', isOutOfReach && 'out-of-reach'].filter(Boolean).join(' ')}>
      <div class="faulty-part">
        <${Name} part=${part} />
        <div class="faulty-acts" role="group" aria-label=${`Faults of ${part.title}`}>
          ${part.kinds.map(
            kind => html`
              <button title=${why} disabled=${mayNot || isOutOfReach} aria-expanded=${chosen === kind ? 'true' : 'false'}
                onClick=${() => onChoose(chosen === kind ? null : kind)}>${kindNames[kind]}</button>
            `,
          )}
        </div>
      </div>
      ${faults.length > 0 && part.reach === 'late' && html`<p class="note" role="status">Not every process of it knows that yet.</p>`}
      ${faults.map(fault => html`<${Held} key=${fault.kind} fault=${fault} nowMs=${nowMs} mayNot=${mayNot} onDone=${onDone} />`)}
      ${chosen !== null && html`<${FaultForm} key=${chosen} part=${part} kind=${chosen} onDone=${onDone} onCancel=${() => onChoose(null)} />`}
    </li>
  `
}

const Name = ({ part: { on, title, partId } }: { readonly part: FaultyPart }) => {
  const named = html`<i class="dot" style=${{ background: partId === on ? colourOf(on) : 'var(--idle-line)' }}></i>${title}`
  return partId === null
    ? html`<span class="service">${named}</span>`
    : html`<a class="service" href=${`/map/${partId}`}>${named}</a>`
}

const Held = ({
  fault: { on, kind, effect, reason, endsAt },
  nowMs,
  mayNot,
  onDone,
}: {
  readonly fault: FaultRow
  readonly nowMs: number
  readonly mayNot: boolean
  readonly onDone: (outcome: string) => void
}) => {
  const end = async () => onDone(await postAct(`/faults/${on}/${kind}/end`, { reason: 'ended by hand' }))
  return html`
    <div class="held">
      <span class="effect">${effect}</span>
      <span class="note">“${reason}”</span>
      <time datetime=${endsAt}>${formatLeft(Date.parse(endsAt) - nowMs)} left</time>
      <button disabled=${mayNot} aria-label=${`End ${kindNames[kind].toLowerCase()} of ${on}`} onClick=${end}>End</button>
    </div>
  `
}

/** What is left of a time, such as `4:58` for minutes and seconds. */
const formatLeft = (ms: number): string => {
  const seconds = Math.max(0, Math.ceil(ms / 1_000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** The time, which goes on while something is counted down. */
const useNow = (isCounting: boolean): number => {
  const [nowMs, setNowMs] = useState(Date.now())
  useEffect(() => {
    if (!isCounting) return
    const tick = () => setNowMs(Date.now())
    tick()
    const timer = setInterval(tick, 500)
    return () => clearInterval(timer)
  }, [isCounting])
  return nowMs
}
