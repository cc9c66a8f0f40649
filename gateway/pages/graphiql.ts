type Json = { readonly [key: string]: unknown }
type Ready = {
  readonly password: string
  readonly newKey: string
  readonly operations: Readonly<
    Record<string, { readonly document: string; readonly variables: Json | null }>
  >
}
type Session = { readonly email: string; readonly accessToken: string; readonly expiresAt: string }
type Request = { readonly query: string; readonly operationName?: string; readonly variables?: Json }
type RequestOptions = {
  readonly headers?: Readonly<Record<string, string>>
  readonly documentAST?: {
    readonly definitions: readonly {
      readonly kind: string
      readonly operation?: string
      readonly name?: { readonly value: string }
    }[]
  }
}
type Observer = {
  readonly next: (value: unknown) => void
  readonly error: (error: unknown) => void
  readonly complete: () => void
}

declare global {
  var YogaGraphiQL: { readonly renderYogaGraphiQL: (root: Element | null, options: object) => void }
}

const endpoint = '/graphql'
const accountKey = 'supergraph.account'
const sessionKey = 'supergraph.session'
const renewBeforeMs = 30_000

const ready: Ready = JSON.parse(document.querySelector('#ready')?.textContent ?? '')
const status = document.querySelector('#status')
const accountButtons = [...document.querySelectorAll<HTMLButtonElement>('[data-account]')]

const post = async (body: object, headers: Readonly<Record<string, string>>) => {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'apollographql-client-name': 'GraphiQL', ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.status, answer: await response.json() }
}

const loginDocument = `mutation Login($input: LoginInput!) {
  login(input: $input) { ... on Session { accessToken expiresAt } ... on Failure { message } }
}`

const signIn = async (email: string): Promise<Session> => {
  const variables = { input: { email, password: ready.password } }
  const { answer } = await post({ query: loginDocument, variables }, {})
  const { accessToken, expiresAt, message } = answer.data?.login ?? { message: answer.errors?.[0]?.message }
  if (accessToken === undefined) throw new Error(`${email} can’t be signed in: ${message}`)
  const session = { email, accessToken, expiresAt }
  localStorage.setItem(sessionKey, JSON.stringify(session))
  return session
}

const keptSession = (): Session | undefined =>
  JSON.parse(localStorage.getItem(sessionKey) ?? 'null') ?? undefined

/** n.b. tabs share the session, so that many tabs are one sign-in. */
const sessionOf = async (email: string): Promise<Session> => {
  const kept = keptSession()
  const isUsable = kept?.email === email && Date.parse(kept.expiresAt) - renewBeforeMs > Date.now()
  return isUsable ? kept : signIn(email)
}

/** The headers of an operation: those of the header editor, and the token of the account unless the editor has one. */
const headersWith = async (own: Readonly<Record<string, string>>): Promise<Record<string, string>> => {
  const email = localStorage.getItem(accountKey)
  if (email === null || Object.keys(own).some(name => name.toLowerCase() === 'authorization')) return own
  return { ...own, authorization: `Bearer ${(await sessionOf(email)).accessToken}` }
}

const ask = async (request: Request, own: Readonly<Record<string, string>>) => {
  const first = await post(request, await headersWith(own))
  if (first.status !== 401 || keptSession() === undefined) return first.answer
  // n.b. a shop that was started anew knows no session of before
  localStorage.removeItem(sessionKey)
  return (await post(request, await headersWith(own))).answer
}

const subscribe = (request: Request, own: Readonly<Record<string, string>>) => ({
  subscribe: (observer: Observer) => {
    const socket = new WebSocket(new URL(endpoint, location.href), 'graphql-transport-ws')
    const send = (message: object) => socket.send(JSON.stringify(message))
    let isOver = false
    const end = (tell: () => void) => {
      if (!isOver) tell()
      isOver = true
      socket.close()
    }
    socket.addEventListener('open', () => {
      headersWith(own).then(
        payload => send({ type: 'connection_init', payload }),
        (error: unknown) => end(() => observer.error(error)),
      )
    })
    socket.addEventListener('message', ({ data }: MessageEvent<string>) => {
      const { type, payload } = JSON.parse(data)
      if (type === 'connection_ack') send({ id: 'one', type: 'subscribe', payload: request })
      if (type === 'ping') send({ type: 'pong' })
      if (type === 'next') observer.next(payload)
      if (type === 'error') end(() => observer.error({ errors: payload }))
      if (type === 'complete') end(observer.complete)
    })
    socket.addEventListener('close', ({ code, reason }) => {
      end(() => observer.error(new Error(`The socket closed with ${code} ${reason}`)))
    })
    return { unsubscribe: () => end(() => {}) }
  },
})

const isSubscription = ({ operationName }: Request, { documentAST }: RequestOptions): boolean =>
  documentAST?.definitions.some(
    ({ kind, operation, name }) =>
      kind === 'OperationDefinition' &&
      operation === 'subscription' &&
      (operationName === undefined || operationName === null || name?.value === operationName),
  ) ?? false

const fetcher = (request: Request, options: RequestOptions = {}) =>
  isSubscription(request, options)
    ? subscribe(request, options.headers ?? {})
    : ask(request, options.headers ?? {})

const showAccount = () => {
  const account = localStorage.getItem(accountKey) ?? ''
  for (const button of accountButtons)
    button.setAttribute('aria-pressed', String(button.dataset.account === account))
}

const chooseAccount = async (email: string): Promise<void> => {
  if (email === '') localStorage.removeItem(accountKey)
  else localStorage.setItem(accountKey, email)
  showAccount()
  try {
    if (email !== '') await sessionOf(email)
    if (status !== null) status.textContent = ''
  } catch (error) {
    if (status !== null) status.textContent = error instanceof Error ? error.message : String(error)
  }
}

for (const button of accountButtons)
  button.addEventListener('click', () => void chooseAccount(button.dataset.account ?? ''))
addEventListener('storage', showAccount)
showAccount()

/** The operation that the address names, with keys of its own. */
const chosen = () => {
  const name = new URLSearchParams(location.search).get('operation') ?? ''
  const operation = Object.hasOwn(ready.operations, name) ? ready.operations[name] : undefined
  if (operation === undefined) return {}
  const withKeys = (_: string, value: unknown) => (value === ready.newKey ? crypto.randomUUID() : value)
  return {
    query: operation.document,
    variables: operation.variables === null ? undefined : JSON.stringify(operation.variables, withKeys, 2),
  }
}

globalThis.YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#root'), {
  title: 'GraphiQL',
  defaultQuery: ready.operations.Catalogue?.document ?? '{ __typename }',
  defaultEditorToolsVisibility: 'variables',
  ...chosen(),
  fetcher,
})
