import type { IncomingMessage, ServerResponse } from 'node:http'
import { html, policyHash } from '@supergraph/runtime/html.ts'
import { BadRequest, readText } from '@supergraph/runtime/request-body.ts'
import { type Access, cookieOf, secretIn } from './access.ts'
import type { Admission, Visitors } from './visitors.ts'

const maxBodyBytes = 4_096

/** The page on which people sign in, and what takes what they fill in. */
export const createSignIn = (
  visitors: Pick<Visitors, 'signIn' | 'complete' | 'letRead' | 'signOut'>,
  { isKey }: Pick<Access, 'isKey'>,
) => {
  const sendPage = (
    response: ServerResponse,
    status: number,
    to: string,
    { refused: message = '', challenge }: { readonly refused?: string; readonly challenge?: string } = {},
  ) => {
    response
      .writeHead(status, {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'content-security-policy': policy,
      })
      .end(pageFor(to, message, challenge === undefined ? passwordFields : codeFields(challenge)))
  }
  const goOn = (request: IncomingMessage, response: ServerResponse, secret: string, to: string) => {
    const isSecure = request.headers['x-forwarded-proto'] === 'https'
    response.writeHead(303, { location: to, 'set-cookie': cookieOf(secret, isSecure) }).end()
  }
  return {
    /** Asks who wanted to see an address to sign in. */
    send: (response: ServerResponse, to: string, status = 401): void => sendPage(response, status, to),

    take: async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const form = new URLSearchParams(await readText(request, maxBodyBytes))
      const [email, password] = [form.get('email')?.trim() ?? '', form.get('password') ?? '']
      const [challenge, code] = [form.get('challenge'), form.get('code') ?? '']
      const to = ownAddress(form.get('to'))
      const admit = (answer: Admission) =>
        'secret' in answer ? goOn(request, response, answer.secret, to) : sendPage(response, 401, to, answer)
      if (challenge === null && email === '' && isKey(password))
        return goOn(request, response, visitors.letRead(), to)
      if (challenge === null && (email === '' || password === ''))
        return sendPage(response, 401, to, { refused: 'Fill in both.' })
      try {
        admit(
          await (challenge === null
            ? visitors.signIn({ email, password })
            : visitors.complete({ challenge, code })),
        )
      } catch (error) {
        if (error instanceof BadRequest) throw error
        const refused = 'The shop does not answer. With CONSOLE_KEY you can read without it.'
        sendPage(response, 503, to, { refused })
      }
    },

    end: async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      await visitors.signOut(secretIn(request) ?? '')
      goOn(request, response, '', '/')
    },
  }
}

/** n.b. an address that begins with two slashes or a backslash would lead to another site. */
const ownAddress = (to: string | null): string => (/^\/(?![/\\])/.test(to ?? '') ? (to ?? '/') : '/')

const style = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { margin: 0; min-height: 100vh; min-height: 100dvh; display: grid; place-items: center; background: light-dark(#fbfbfa, #16171a); color: light-dark(#1c1d1f, #e7e7e4) }
  form { box-sizing: border-box; width: min(22rem, 100vw - 2rem); padding: 1.5rem; border: 1px solid light-dark(#e2e2dd, #32353b); border-radius: 10px; background: light-dark(#fff, #1e2024) }
  h1 { font-size: 1.25rem; margin: 0 0 1rem }
  label { display: block; margin-bottom: 0.8rem }
  input { box-sizing: border-box; width: 100%; font: inherit; padding: 0.4rem 0.6rem; margin-top: 0.2rem; border: 1px solid light-dark(#c4c5c1, #4a4e56); border-radius: 6px; background: none; color: inherit }
  :focus-visible { outline: 2px solid light-dark(#3451c7, #8ea6ff); outline-offset: 2px }
  button { font: inherit; padding: 0.4rem 1rem; border: 0; border-radius: 6px; background: light-dark(#3451c7, #8ea6ff); color: light-dark(#fff, #16171a); cursor: pointer }
  p { margin: 0 0 1rem } .note { margin: 1rem 0 0; font-size: 0.85rem; color: light-dark(#5c5f65, #a6aab2) } [role=alert] { color: light-dark(#b3261e, #ff8a80) }
`

const passwordFields = html`<label>E-mail<input type="email" name="email" autocomplete="username" autofocus></label>
      <label>Password<input type="password" name="password" autocomplete="current-password" required></label>`

const codeFields = (challenge: string) =>
  html`<label>Code of your app, or a recovery code<input name="code" autocomplete="one-time-code" required autofocus></label>
      <input type="hidden" name="challenge" value="${challenge}">`

const pageFor = (to: string, message: string, fields: typeof passwordFields): string =>
  html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Sign in · Console</title>
    <link rel="icon" href="data:,">
    <style>${{ html: style }}</style>
  </head>
  <body>
    <form method="post" action="/sign-in">
      <h1>Console</h1>
      ${message === '' ? '' : html`<p role="alert">${message}</p>`}
      ${fields}
      <input type="hidden" name="to" value="${to}">
      <button>Sign in</button>
      <p class="note">Staff of the shop read here, and admins act. While the shop is away, the CONSOLE_KEY as the password, without an e-mail address, lets you read.</p>
    </form>
  </body>
</html>
`.html

const policy = [
  "default-src 'none'",
  `style-src ${policyHash(style)}`,
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')
