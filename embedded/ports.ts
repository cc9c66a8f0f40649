import { createServer } from 'node:net'
import type { PortSetting, Settings } from './settings.ts'

/** Throws one error that names every port that is taken, with its setting. */
export const checkPorts = async (settings: Settings, portSettings: readonly PortSetting[]): Promise<void> => {
  const problems: string[] = []
  for (const setting of portSettings) {
    const twin = portSettings.find(other => settings[other] === settings[setting])
    if (twin !== setting && settings[setting] !== 0) {
      problems.push(`${twin} and ${setting} are both ${settings[setting]}: give each a port of its own`)
      continue
    }
    const code = await tryPort(settings.HOST, settings[setting])
    if (code === undefined) continue
    problems.push(
      code === 'EADDRINUSE'
        ? `port ${settings[setting]} is taken: stop what listens there (another npm start?), or set ${setting} to another`
        : `can't listen on ${settings.HOST}:${settings[setting]} (${code}): set HOST and ${setting} to what this machine allows`,
    )
  }
  if (problems.length > 0) throw new PortsTaken(problems)
}

class PortsTaken extends Error {
  constructor(problems: readonly string[]) {
    super(`the supergraph can't start:\n${problems.map(problem => `  ${problem}`).join('\n')}`)
  }
}

const tryPort = (host: string, port: number): Promise<string | undefined> =>
  new Promise(resolve => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
