import type { Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer } from 'smtp-server'
import { onTestFinished } from 'vitest'

/** How the server treats the next e-mails: it refuses them with a code, takes them and drops the connection, or never answers. */
export type Fault =
  | { readonly at: 'AUTH' | 'RCPT' | 'DATA'; readonly code: number; readonly message?: string }
  | 'drops after DATA'
  | 'hangs after DATA'
  | undefined

/** An e-mail that arrived, even if the server did not confirm it. */
export type Received = {
  readonly recipients: readonly string[]
  /** Whether the envelope says that it is not in ASCII. */
  readonly isUtf8: boolean
  readonly raw: string
  readonly email: Email
}

/** A mail server that keeps the e-mails it receives, and fails in the way that the test sets. */
export const startMailServer = async ({
  port = 0,
  fault,
  offersUtf8 = true,
}: {
  port?: number
  fault?: Fault
  offersUtf8?: boolean
} = {}) => {
  const received: Received[] = []
  const sockets = new Set<Socket>()
  let current = fault
  const refusalAt = (stage: 'AUTH' | 'RCPT' | 'DATA') =>
    typeof current === 'object' && current.at === stage
      ? Object.assign(new Error(current.message ?? 'not this time'), { responseCode: current.code })
      : null

  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    hideSMTPUTF8: !offersUtf8,
    onAuth: (_auth, _session, done) => {
      const refusal = refusalAt('AUTH')
      if (refusal === null) done(null, { user: 'shop' })
      else done(refusal)
    },
    onRcptTo: (_address, _session, done) => done(refusalAt('RCPT')),
    onData: async (stream, { envelope }, done) => {
      // n.b. a client may go away in the middle of a message, as it does after its timeout on a busy machine
      const raw = await buffer(stream).catch(() => undefined)
      if (raw === undefined) return
      received.push({
        recipients: envelope.rcptTo.map(({ address }) => address),
        isUtf8: envelope.smtpUtf8 === true,
        raw: raw.toString('utf8'),
        email: await PostalMime.parse(raw),
      })
      if (current === 'hangs after DATA') return
      if (current === 'drops after DATA') for (const socket of sockets) socket.destroy()
      else done(refusalAt('DATA'))
    },
  })
  server.on('error', () => {})
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  const address = server.server.address()
  const stop = () => new Promise<void>(resolve => server.close(() => resolve()))
  onTestFinished(stop)
  const actualPort = typeof address === 'object' && address !== null ? address.port : port
  return {
    received,
    port: actualPort,
    url: `smtp://127.0.0.1:${actualPort}`,
    /** Sets the fault of the next e-mails, or none. */
    failWith: (next?: Fault) => {
      current = next
    },
    stop,
  }
}
