import { buffer } from 'node:stream/consumers'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { cutWhileAway } from '@supergraph/runtime/faults/door.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { ListenError } from '@supergraph/runtime/listening.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { SMTPServer } from 'smtp-server'
import type { Messages } from './messages.ts'

const maxMessageBytes = 2 * 1024 * 1024

/** Accepts every message, from anyone to anyone, and forwards none. */
export const startSmtp = async (
  messages: Messages,
  { host, port, logger }: { readonly host: string; readonly port: number; readonly logger: Logger },
): Promise<Running & { readonly port: number }> => {
  const keep = async (raw: Buffer, isTooLarge: boolean): Promise<void> => {
    if (isTooLarge) {
      throw Object.assign(new Error(`A message may have ${maxMessageBytes} bytes`), { responseCode: 552 })
    }
    await messages.add(raw)
  }
  const smtp = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    size: maxMessageBytes,
    closeTimeout: 1_000,
    onAuth: ({ username = '' }, _session, done) => done(null, { user: username }),
    onData: (stream, _session, done) => {
      buffer(stream)
        .then(raw => keep(raw, stream.sizeExceeded))
        .then(
          () => done(),
          (error: unknown) => {
            logger.warn({ err: error }, 'a message was not kept')
            done(error instanceof Error ? error : new Error(messageOf(error)))
          },
        )
    },
  })
  const endCutting = cutWhileAway('mailbox', smtp.server)
  await new Promise<void>((resolve, reject) => {
    smtp.server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new ListenError(host, port, error, 'MAILBOX_SMTP_PORT')),
    )
    // n.b. a client that vanished causes such errors, too
    smtp.on('error', error => logger.debug({ err: error }, 'an SMTP connection failed'))
    smtp.listen(port, host, resolve)
  })
  const address = smtp.server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    stop: async () => {
      endCutting()
      await new Promise<void>(resolve => smtp.close(resolve))
    },
  }
}
