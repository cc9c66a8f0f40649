import { existsSync, rmSync } from 'node:fs'
import { readPidFile, startEmbeddedPostgres } from '@supergraph/postgres/embedded.ts'
import { postgresDirectory, readSecrets } from '../../embedded/data-directory.ts'
import { readSettings } from '../../embedded/settings.ts'
import { parseArguments, runCommand } from '../command-line.ts'

const help = `npm run reset

Deletes the embedded installation's data: databases, accounts, keys. The next npm start begins anew.
DATA_DIR names the folder; .data by default.`

const reset = async (): Promise<string> => {
  const { DATA_DIR: directory } = readSettings(process.env)
  if (!existsSync(directory)) return `there is nothing in ${directory}`
  if ((await readPidFile(postgresDirectory(directory))) !== undefined) {
    // n.b. this fails while an npm start runs on the server, and ends the server of an npm start that was killed
    const { postgresPassword } = await readSecrets(directory)
    const postgres = await startEmbeddedPostgres({
      directory: postgresDirectory(directory),
      password: postgresPassword,
    })
    await postgres.stop()
  }
  rmSync(directory, { recursive: true })
  return `${directory} is deleted`
}

await runCommand(help, async () => {
  parseArguments()
  console.log(await reset())
})
