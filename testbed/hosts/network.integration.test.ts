import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { clearPath } from './conditions.ts'
import { findMissing, startNetwork } from './network.ts'

const missing = await findMissing()
if (missing !== undefined) console.warn(`Skipped: ${missing.what}, so no network of hosts is tested.`)
const isRequired = process.env.CI === 'true' && missing?.isInstallable === true

/** Sends the time of this machine every 10 ms. */
const clock = `
const [, address, port] = process.argv
const socket = require('node:net').connect(port, address).setNoDelay()
setInterval(() => socket.write(Date.now() + ' '), 10)
`

it.runIf(missing === undefined || isRequired)(
  'carries packets between hosts as late as it is told, and what it drops is sent again',
  async () => {
    const network = await startNetwork({ hosts: ['far'], here: ['near'] })
    onTestFinished(network.stop)
    const ages: number[] = []
    const server = createServer(socket =>
      socket.setEncoding('utf8').on('data', (text: string) => {
        for (const sent of text.trim().split(' ')) ages.push(Date.now() - Number(sent))
      }),
    ).listen(0, network.addressOf('near'))
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const address = server.address()
    const port = String(typeof address === 'object' && address ? address.port : 0)
    const [command = '', ...rest] = [...network.commandOn('far'), process.execPath, '-e', clock]
    const child = spawn(command, [...rest, network.addressOf('near'), port], { stdio: 'inherit' })
    onTestFinished(() => end(child))
    const next = async (count: number): Promise<readonly number[]> => {
      const from = ages.length
      await expect.poll(() => ages.length).toBeGreaterThan(from + count)
      return ages.slice(from)
    }

    await next(20)
    network.setPath('near', 'far', { ...clearPath, delayMs: 200 })
    await next(40)
    expect(Math.min(...(await next(20)))).toBeGreaterThanOrEqual(200)

    network.setPath('near', 'far', { ...clearPath, isCut: true })
    await pause(300)
    const reached = ages.length
    await pause(700)
    expect(ages).toHaveLength(reached)
    network.clear()
    expect(Math.max(...(await next(50)))).toBeGreaterThan(700)
    expect((await network.packets()).lost).toBeGreaterThan(0)
  },
)

const end = async (child: ChildProcess): Promise<void> => {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
