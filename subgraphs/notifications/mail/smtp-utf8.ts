import { isAsciiAddress } from '@supergraph/schema/email-address.ts'
import SMTPConnection from 'nodemailer/lib/smtp-connection'

/** The mail server can't take an address that has other than ASCII characters before the @. */
class Utf8NotOffered extends Error {
  override readonly name = 'Utf8NotOffered'
  readonly code = 'ESMTPUTF8'

  constructor() {
    super(
      'the mail server does not offer SMTPUTF8, without which it takes no address with other than ASCII characters before the @: set SMTP_URL to one that does',
    )
  }
}

/**
 * Asks a mail server, if an address needs it, whether it takes such addresses; throws Utf8NotOffered if it does not. n.b. Nodemailer would
 * send the address all the same, and what such a server makes of it is anyone's guess
 */
export const requireUtf8For = async (
  address: string,
  options: ConstructorParameters<typeof SMTPConnection>[0],
): Promise<void> => {
  if (!isAsciiAddress(address) && !(await offersUtf8(options))) throw new Utf8NotOffered()
}

const offersUtf8 = (options: ConstructorParameters<typeof SMTPConnection>[0]): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const connection = new SMTPConnection(options)
    connection.once('error', reject)
    connection.connect(() => {
      // n.b. the last response is the one to EHLO
      resolve(/[ -]SMTPUTF8\b/im.test(String(connection.lastServerResponse)))
      connection.quit()
    })
  })
