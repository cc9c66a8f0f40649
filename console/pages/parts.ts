import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { html } from './html.ts'

/** The coloured name of a service; each has a colour of its own, the same on all pages. */
export const Service = ({ name }: { readonly name: string }) =>
  html`<span class="service"><i class="dot" style=${{ background: colourOf(name) }}></i>${name}</span>`

const hues: Readonly<Record<string, number>> = {
  gateway: 255,
  users: 300,
  products: 150,
  orders: 60,
  notifications: 200,
  analytics: 350,
  console: 100,
}

/** The colour of a service. */
export const colourOf = (service: string): string => {
  const hue =
    hues[service] ?? [...service].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7)
  return `light-dark(oklch(0.6 0.15 ${hue}), oklch(0.72 0.14 ${hue}))`
}

/** A button that copies a text, and says so. */
export const Copy = ({
  text,
  children,
  look = 'quiet',
}: {
  readonly text: string
  readonly children: ComponentChildren
  readonly look?: 'quiet' | 'button'
}) => {
  const [isDone, setDone] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setDone(true)
    setTimeout(() => setDone(false), 1_500)
  }
  return html`<button class=${look} onClick=${copy}>${isDone ? 'Copied' : children}</button>`
}

/** What stands in place of data that has not come. */
export const Waiting = ({ trouble }: { readonly trouble: string | undefined }) =>
  trouble === undefined
    ? html`<p class="empty" role="status">Loading …</p>`
    : html`<p class="empty trouble" role="alert">${trouble}</p>`
