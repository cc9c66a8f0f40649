import { createIdentitySigner, type Viewer } from '@supergraph/runtime/identity.ts'
import { identityKey } from '@supergraph/runtime/identity-keys.ts'
import { decodeJwt } from 'jose'
import { z } from 'zod'
import { parseArguments, runCommand } from '../commands/command-line.ts'
import { postGraphQL } from '../testbed/graphql-client.ts'
import { readRows } from '../testbed/rows.ts'
import { startOneProcess } from '../testbed/system/one-process.ts'

const help = `npm run bench -- accounts [--pairs N]

Asks the users subgraph by turns about addresses that have an account and about addresses that have none, one request at a
time, and prints the median time of both, and how often the slower answer of two is the one about an account: 50 % tells
nothing, 100 % all.

  --pairs N  how many pairs of requests for each mutation (400)
  --help     this text`

const password = 'a password for the bench'
const many = '100000/1h'
const limits = {
  LOGIN_LIMIT_PER_ACCOUNT_AND_NETWORK: many,
  LOGIN_LIMIT_PER_ACCOUNT: many,
  LOGIN_LIMIT_PER_NETWORK: many,
  PASSWORD_RESET_LIMIT_PER_ACCOUNT: many,
  PASSWORD_RESET_LIMIT_PER_NETWORK: many,
  EMAIL_LINK_LIMIT_PER_ACCOUNT: many,
  EMAIL_LINK_LIMIT_PER_NETWORK: many,
  REGISTER_LIMIT_PER_NETWORK: many,
  REGISTER_LIMIT: many,
  WELCOME_LIMIT_PER_MAILBOX: many,
}
const anonymous: Viewer = { kind: 'anonymous' }
const session = z.object({ register: z.object({ accessToken: z.string() }) })
const messages = z.array(z.object({ subject: z.string(), text: z.string() }))
const registration = `mutation ($value: String!, $password: String!) {
  register(input: { email: $value, password: $password, name: "Somebody" }) { __typename ... on Session { accessToken } }
}`
const newAddress = () => `${crypto.randomUUID()}@people.example`

/** A mutation, and the value of its variable about an account and about none; `words` says if the answer tells it anyway. */
type Question = {
  readonly name: string
  readonly viewer?: Viewer
  readonly mutation: string
  readonly about: () => { readonly account: string; readonly none: string }
  readonly words?: string
}

await runCommand(help, async () => {
  const { values } = parseArguments({
    args: process.argv.slice(3),
    options: { pairs: { type: 'string', default: '400' } },
  })
  const system = await startOneProcess({ ...limits, LOG_LEVEL: 'error' })
  try {
    const signer = createIdentitySigner('gateway', identityKey.parse(system.identityKeys.gateway))
    const ask = async (viewer: Viewer, query: string, value: string): Promise<unknown> => {
      const accessToken = await signer.sign('users', viewer, '192.0.2.1')
      const { text } = await postGraphQL(
        system.urlOf('users'),
        { query, variables: { value, password } },
        { accessToken },
      )
      const { data } = z.object({ data: z.unknown() }).parse(JSON.parse(text))
      if (data === null || data === undefined) throw new Error(`users answered ${text}`)
      return data
    }
    const known = await Promise.all(Array.from({ length: 20 }, () => register(ask)))
    const [first] = known
    if (first === undefined) throw new Error('nobody is registered')
    const expired = await expiredToken(system, first.email)
    const addresses = () => ({
      account: known[Math.floor(Math.random() * known.length)]?.email ?? '',
      none: newAddress(),
    })
    const login =
      'mutation ($value: String!) { login(input: { email: $value, password: "a wrong password" }) { __typename } }'
    const questions: readonly Question[] = [
      { name: 'login', mutation: login, about: addresses },
      {
        name: 'requestPasswordReset',
        mutation:
          'mutation ($value: String!) { requestPasswordReset(input: { email: $value }) { __typename } }',
        about: addresses,
      },
      {
        name: 'requestEmailChange',
        viewer: first.viewer,
        mutation:
          'mutation ($value: String!, $password: String!) { requestEmailChange(input: { newEmail: $value, password: $password }) { __typename } }',
        about: () => ({ account: known.at(-1)?.email ?? '', none: newAddress() }),
      },
      {
        name: 'verifyEmail',
        mutation: 'mutation ($value: String!) { verifyEmail(input: { token: $value }) { __typename } }',
        about: () => ({
          account: expired,
          none: `${crypto.randomUUID()}${crypto.randomUUID()}`.slice(0, 43),
        }),
      },
      {
        name: 'register',
        mutation: registration,
        about: addresses,
        words: 'EmailTaken says it in words',
      },
    ]
    console.log(
      '| mutation | about an account, ms | about none, ms | slower if about an account |\n|---|---|---|---|',
    )
    for (const question of questions) console.log(await measure(ask, question, Number(values.pairs)))
  } finally {
    await system.stop()
  }
})

/** n.b. what follows are function declarations, because the command runs before a constant below it has a value. */
async function measure(
  ask: (viewer: Viewer, query: string, value: string) => Promise<unknown>,
  { name, viewer = anonymous, mutation, about, words }: Question,
  pairs: number,
): Promise<string> {
  const times = { account: [] as number[], none: [] as number[] }
  const warmUp = 20
  for (let pair = -warmUp; pair < pairs; pair += 1) {
    const values = about()
    const order = Math.random() < 0.5 ? (['account', 'none'] as const) : (['none', 'account'] as const)
    for (const kind of order) {
      const startedAt = performance.now()
      await ask(viewer, mutation, values[kind])
      if (pair >= 0) times[kind].push(performance.now() - startedAt)
    }
  }
  const slower = times.account.flatMap(one => times.none.map(other => Number(one > other)))
  const share = slower.reduce((sum, each) => sum + each, 0) / slower.length
  const columns = [name, median(times.account), median(times.none), `${(share * 100).toFixed(1)} %`]
  return `| ${columns.join(' | ')}${words === undefined ? '' : ` (${words})`} |`
}

function median(times: readonly number[]): string {
  return (times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN).toFixed(2)
}

async function register(ask: (viewer: Viewer, query: string, value: string) => Promise<unknown>) {
  const email = newAddress()
  const { accessToken } = session.parse(await ask(anonymous, registration, email)).register
  const { sub: id = '', sid } = decodeJwt(accessToken)
  return { email, viewer: { kind: 'user', id, sessionId: String(sid), scopes: [] } satisfies Viewer }
}

/** The token of an e-mail that confirms an address, which has expired. */
async function expiredToken(
  { originOf, databaseUrls }: Pick<Awaited<ReturnType<typeof startOneProcess>>, 'originOf' | 'databaseUrls'>,
  email: string,
): Promise<string> {
  for (;;) {
    const response = await fetch(`${originOf('mailbox')}/messages?to=${encodeURIComponent(email)}`)
    const letters = messages.parse(await response.json())
    const [, token] = letters.flatMap(({ text }) => /#token=(\S+)/.exec(text) ?? [])
    if (token !== undefined) {
      const expire = `update one_time_tokens set expires_at = now() where sent_to = $1`
      await readRows(databaseUrls.users, expire, [email])
      return token
    }
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}
