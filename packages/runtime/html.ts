import { createHash } from 'node:crypto'

/** HTML that is safe to be put into HTML. */
export type Html = { readonly html: string }

/** Writes HTML; whatever is put into it that is not HTML itself is escaped, in texts and in quoted attributes. */
export const html = (
  strings: TemplateStringsArray,
  ...values: readonly (Insert | readonly Insert[])[]
): Html => ({
  html: String.raw({ raw: strings }, ...values.map(value => [value].flat().map(toText).join(''))),
})

/** How a content security policy names the text of a script or a style. */
export const policyHash = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`

type Insert = string | Html

const toText = (value: Insert): string => (typeof value === 'string' ? escapeHtml(value) : value.html)

const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
