import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnvironment, type Variables } from '@supergraph/runtime/environment.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { identityKey } from '@supergraph/runtime/identity-keys.ts'
import { z } from 'zod'
import { readSecrets } from '../../embedded/data-directory.ts'
import { readSettings } from '../../embedded/settings.ts'

/** There is no key with which subgraphs could be asked. */
class NoGatewayKey extends ExpectedError {
  override readonly name = 'NoGatewayKey'
}

/** The gateway's private key, and as a setting has it: that of GATEWAY_IDENTITY_KEY, else that of `npm start`. */
export const readGatewayKey = async (command: string, variables: Variables) => {
  const encoded = variables.GATEWAY_IDENTITY_KEY || (await readKeptKey(variables))
  const { GATEWAY_IDENTITY_KEY: key } = parseEnvironment(
    command,
    z.object({ GATEWAY_IDENTITY_KEY: identityKey }),
    { GATEWAY_IDENTITY_KEY: encoded },
  )
  return { key, encoded }
}

const readKeptKey = async (variables: Variables): Promise<string> => {
  const { DATA_DIR: directory } = readSettings(variables)
  // n.b. secrets that are read for the first time would be made
  if (existsSync(join(directory, 'secrets.json'))) return (await readSecrets(directory)).identityKeys.gateway
  throw new NoGatewayKey(
    `there is no key of the gateway: npm start makes one in ${directory}; or put the GATEWAY_IDENTITY_KEY that npm run keys printed into the environment`,
  )
}
