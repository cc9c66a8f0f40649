import { rotateSigningKey } from '@supergraph/users/database/signing-keys.ts'
import { openCommandDatabase, usersDatabaseHelp } from '../accounts/users-database.ts'
import { parseArguments, runCommand } from '../command-line.ts'

const help = `npm run keys:rotate

Makes the next key that signs access tokens, even if the newest is less than 30 days old. The key is published at once
and signs a minute later; tokens that an older key signed stay valid until they expire. Nothing needs a restart.

${usersDatabaseHelp}`

await runCommand(help, async () => {
  parseArguments()
  const database = await openCommandDatabase('keys:rotate', process.env)
  try {
    const { kid, signsFrom } = await rotateSigningKey(database)
    console.log(`key ${kid} signs from ${signsFrom.toISOString()} on`)
  } finally {
    await database.destroy()
  }
})
