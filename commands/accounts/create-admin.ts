import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { parseArgs } from 'node:util'
import { emailAddress } from '@supergraph/users/domain/user.ts'
import { appointAdmin } from '@supergraph/users/first-admin.ts'
import { createPasswords } from '@supergraph/users/passwords.ts'
import { openCommandDatabase, usersDatabaseHelp } from './users-database.ts'

const help = `npm run admin:create -- --email ADDRESS [--name NAME]

Gives this e-mail address an admin's account. Where it has an account already, that one becomes an admin's, the password
replaces its own, and its sessions end. The password is asked for, or taken from ADMIN_PASSWORD, or from the first line
of standard input: 10 to 200 characters that nobody would try first.

  --email ADDRESS  the account's e-mail address
  --name NAME      the name of a new account (Admin)
  --help           this text

${usersDatabaseHelp}`

const createAdmin = async (email: string, name: string): Promise<string> => {
  const database = await openCommandDatabase('admin:create', process.env)
  try {
    const password = process.env.ADMIN_PASSWORD || (await askPassword())
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

/** The first line of standard input, which a terminal does not show. */
const askPassword = async (): Promise<string> => {
  const terminal = process.stdin.isTTY
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: silent, terminal })
  // n.b. not before the terminal has stopped to show what is typed
  if (terminal) process.stderr.write('Password: ')
  const closed = new Promise<string>(resolve => lines.once('close', () => resolve('')))
  const line = await Promise.race([lines.question(''), closed])
  lines.close()
  if (terminal) process.stderr.write('\n')
  return line
}

const readArguments = () => {
  try {
    const options = {
      email: { type: 'string' },
      name: { type: 'string', default: 'Admin' },
      help: { type: 'boolean' },
    } as const
    const { values } = parseArgs({ options })
    if (values.help) return 'help'
    const email = emailAddress.safeParse(values.email)
    if (!email.success) throw new TypeError('say whose account: --email ADDRESS')
    return { email: email.data, name: values.name }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${help}`)
    return undefined
  }
}

const options = readArguments()
if (options === undefined) process.exitCode = 2
else if (options === 'help') console.log(help)
else {
  await createAdmin(options.email, options.name).then(console.log, (error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
}
