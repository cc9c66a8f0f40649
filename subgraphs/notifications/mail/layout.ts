import { type Html, html } from '@supergraph/runtime/html.ts'
import type { Language } from '../domain/language.ts'
import type { Letter } from './letter.ts'

/** A letter as plain text. */
export const layOutText = (
  { heading, paragraphs, rows, link, footer }: Letter,
  { language, name }: Addressing,
): string =>
  [
    heading,
    greeting(language, name),
    ...paragraphs,
    ...(rows.length === 0 ? [] : [rows.map(([what, value]) => `${what}: ${value}`).join('\n')]),
    `${link.label}: ${link.url}`,
    footer,
  ].join('\n\n')

/**
 * A letter as an HTML document: readable from a width of 280 pixels on, in light and in dark, and without images or other
 * external resources.
 */
export const layOutHtml = (letter: Letter, { language, name }: Addressing): string => {
  const { subject, heading, paragraphs, rows, link, footer } = letter
  return html`<!doctype html>
<html lang="${language.tag}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="supported-color-schemes" content="light dark">
    <title>${subject}</title>
    <style>
      @media (prefers-color-scheme: dark) {
        .page { background: #111827 !important; color: #e5e7eb !important }
        .card { background: #1f2937 !important; border-color: #374151 !important }
        .row { border-color: #374151 !important }
        .quiet { color: #9ca3af !important }
      }
    </style>
  </head>
  <body class="page" style="margin: 0; background: #f3f4f6; color: #1f2937; font: 16px/1.5 -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif">
    <div style="max-width: 560px; margin: 0 auto; padding: 16px">
      <div class="card" style="padding: 24px; background: #ffffff; border: 1px solid #e5e7eb; border-radius: 8px; overflow-wrap: anywhere">
        <h1 style="margin: 0 0 16px; font-size: 22px; line-height: 1.3">${heading}</h1>
        <p style="margin: 0 0 16px">${greeting(language, name)}</p>
        ${paragraphs.map(paragraph => html`<p style="margin: 0 0 16px">${paragraph}</p>`)}
        ${rows.length === 0 ? '' : table(rows)}
        <p style="margin: 24px 0 0">
          <a href="${link.url}" style="display: inline-block; padding: 10px 18px; background: #1d4ed8; border-radius: 6px; color: #ffffff; text-decoration: none">${link.label}</a>
        </p>
      </div>
      <p class="quiet" style="margin: 16px 8px; color: #4b5563; font-size: 13px">${footer}</p>
    </div>
  </body>
</html>
`.html
}

type Addressing = { readonly language: Language; readonly name: string | undefined }

const greeting = ({ texts }: Language, name: string | undefined): string =>
  name === undefined ? texts.greetingWithoutName : texts.greeting({ name })

const table = (
  rows: Letter['rows'],
): Html => html`<table role="presentation" style="width: 100%; border-collapse: collapse">
          ${rows.map(
            ([what, value]) => html`<tr>
            <td class="row" style="padding: 8px 12px 8px 0; border-top: 1px solid #e5e7eb; vertical-align: top">${what}</td>
            <td class="row" style="padding: 8px 0; border-top: 1px solid #e5e7eb; text-align: right; vertical-align: top">${value}</td>
          </tr>`,
          )}
        </table>`
