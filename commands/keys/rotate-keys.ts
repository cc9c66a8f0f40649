import { parseArgs } from 'node:util'
import { rotateSigningKey } from '@supergraph/users/database/signing-keys.ts'
import { openCommandDatabase, usersDatabaseHelp } from '../accounts/users-database.ts'

const help = `npm run keys:rotate

Makes the next key that signs access tokens, without waiting for the newest to be 30 days old. It is published at
once and signs a minute later; tokens of the one before stay valid until they expire. Nothing needs a restart.

${usersDatabaseHelp}`

const rotateKeys = async (): Promise<string> => {
  const database = await openCommandDatabase('keys:rotate', process.env)
  try {
    const { kid, signsFrom } = await rotateSigningKey(database)
    return `key ${kid} signs from ${signsFrom.toISOString()} on`
  } finally {
    await database.destroy()
  }
}

const readArguments = () => {
  try {
    return parseArgs({ options: { help: { type: 'boolean' } } }).values
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${help}`)
    return undefined
  }
}

const options = readArguments()
if (options === undefined) process.exitCode = 2
else if (options.help) console.log(help)
else {
  await rotateKeys().then(console.log, (error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
}
