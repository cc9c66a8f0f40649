import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { parseEnvironment } from '@supergraph/runtime/environment.ts'
import { emailAddress } from '@supergraph/schema/email-address.ts'
import { appointAdmin } from '@supergraph/users/admins/first-admin.ts'
import { createPasswords } from '@supergraph/users/passwords/passwords.ts'
import { z } from 'zod'
import { parseArguments, runCommand, UsageError } from '../command-line.ts'
import { openCommandDatabase, usersDatabaseHelp } from './users-database.ts'

const help = `npm run admin:create -- --email ADDRESS [--name NAME]

Gives this e-mail address an admin's account. If it has an account already, that account becomes an admin's, gets the new
password, asks for no code of an app any more, and its sessions end. The command asks for the password, or takes it from ADMIN_PASSWORD or from the first line
of standard input: 10 to 200 characters that nobody would try first.

  --email ADDRESS  the account's e-mail address
  --name NAME      the name of a new account (Admin)
  --help           this text

${usersDatabaseHelp}`

const variables = z.object({ ADMIN_PASSWORD: z.string().optional() })

const createAdmin = async (email: string, name: string): Promise<string> => {
  const database = await openCommandDatabase('admin:create', process.env)
  try {
    const { ADMIN_PASSWORD } = parseEnvironment('admin:create', variables, process.env)
    const password = ADMIN_PASSWORD ?? (await askPassword())
    const outcome = await appointAdmin(database, createPasswords(), { email, name, password })
    switch (outcome) {
      case 'created':
        return `${email} has an admin's account now`
      case 'promoted':
        return `${email} is an admin now, with this password; its sessions have ended`
      case 'renewed':
        return `${email} was an admin already and has this password now; its sessions have ended`
      default:
        return outcome satisfies never
    }
  } finally {
    await database.destroy()
  }
}

/** Reads the first line of standard input; a terminal does not show what is typed. */
const askPassword = async (): Promise<string> => {
  const terminal = process.stdin.isTTY
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: silent, terminal })
  // n.b. only now: from here on the terminal does not show what is typed
  if (terminal) process.stderr.write('Password: ')
  const closed = new Promise<string>(resolve => lines.once('close', () => resolve('')))
  const line = await Promise.race([lines.question(''), closed])
  lines.close()
  if (terminal) process.stderr.write('\n')
  return line
}

const readAccount = () => {
  const { values } = parseArguments({
    options: { email: { type: 'string' }, name: { type: 'string', default: 'Admin' } },
  })
  const email = emailAddress.safeParse(values.email)
  if (!email.success) {
    const [issue] = email.error.issues
    throw new UsageError(
      `say whose account: --email ADDRESS. ${values.email === undefined ? '' : issue?.message}`.trim(),
    )
  }
  return { email: email.data.shown, name: values.name }
}

await runCommand(help, async () => {
  const { email, name } = readAccount()
  console.log(await createAdmin(email, name))
})
