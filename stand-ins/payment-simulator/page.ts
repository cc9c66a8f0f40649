import type { ServerResponse } from 'node:http'
import { formatMoney } from '@supergraph/money/money.ts'
import { toMinor } from '@supergraph/money/stripe-units.ts'
import { type Html, html, policyHash } from '@supergraph/runtime/html.ts'
import type { PaymentIntentRow } from './database/tables.ts'

/** An amount of a payment's currency, as people write it. */
export const amountOf = ({ currency }: PaymentIntentRow, units: number): string => {
  const code = currency.toUpperCase()
  return formatMoney({ amountMinor: toMinor(units, code), currency: code })
}

const styleText = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { margin: 0 }
  main { max-width: 30rem; margin: 0 auto; padding: 1.5rem 1rem; overflow-wrap: anywhere }
  h1 { font-size: 1.4rem; margin: 0.5rem 0 }
  .amount { font-size: 2rem; font-weight: 600; margin: 0.5rem 0 }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1rem }
  dt, .note { opacity: 0.75 }
  dd { margin: 0 }
  main.wide { max-width: 56rem }
  ol { list-style: none; padding: 0 }
  li { padding: 0.7rem 0; border-top: 1px solid #8884 }
  li a { display: flex; flex-wrap: wrap; gap: 0 1rem; color: inherit; text-decoration: none }
  li strong { flex: 1 1 8rem }
  .problem { padding: 0.7rem 1rem; border: 1px solid #d14; border-radius: 6px }
  input { flex: 2 1 10rem; padding: 0.7rem; font: inherit; border: 1px solid #8886; border-radius: 6px; background: none; color: inherit }
  form { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 1.5rem 0 }
  button, a.main { flex: 1 1 8rem; padding: 0.7rem 1rem; font: inherit; border: 1px solid #8886; border-radius: 6px; background: none; color: inherit; cursor: pointer }
  a.main { display: inline-block; text-decoration: none }
  .main { background: #1d5fd1; border-color: #1d5fd1; color: #fff }`

/** A page of the simulator. */
export const page = (title: string, body: Html, width: 'narrow' | 'wide' = 'narrow'): string =>
  html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <style>${{ html: styleText }}</style>
  </head>
  <body>
    <main class="${width}">${body}</main>
  </body>
</html>
`.html

/**
 * The headers of every page: no script, no frame, and no address with a secret for the page that comes next. n.b. without
 * form-action, which browsers also apply to the redirect back to the shop
 */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src ${policyHash(styleText)}; base-uri 'none'; frame-ancestors 'none'`,
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
} as const

/** Answers with a page. */
export const sendPage = (response: ServerResponse, status: number, page: string): void => {
  response.writeHead(status, pageHeaders).end(page)
}
