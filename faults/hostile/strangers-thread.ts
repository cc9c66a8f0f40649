import { constants, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { createGraphQLClient } from '../../testbed/graphql-client.ts'
import { createAttacker } from '../../testbed/hostile/attacker.ts'
import { atOnce, bars } from '../../testbed/hostile/bars.ts'
import { createCustomer } from '../../testbed/hostile/customer.ts'
import { type HostileDocument, hostileDocument } from '../../testbed/hostile/documents.ts'
import { createRandom } from '../../testbed/random.ts'
import { startCrowd, startVisits } from './crowds.ts'
import type { StrangersReport, StrangersSettings } from './strangers.ts'

const clients = 50
const clientPauseMs = 1_000
const atOnceEveryMs = 15_000

const { does, url, targets, seed, ...first }: StrangersSettings = workerData
let { token } = first
const random = createRandom(`${seed} strangers`)
const problems = new Set<string>()
let sent = 0
let largestBytes = 0

const readPage = async (): Promise<void> => {
  sent += 1
  const customer = createCustomer(createGraphQLClient(url, token))
  await customer.readPage().catch((error: unknown) => problems.add(messageOf(error)))
}

const attacker = createAttacker(url, async () => token)
const attack = async (document: HostileDocument): Promise<void> => {
  sent += 1
  const { bytes, fault } = await attacker.send(document)
  largestBytes = Math.max(largestBytes, bytes)
  if (fault !== undefined) problems.add(`${document.name}: ${fault}`)
  if (bytes > bars.answerBytes) problems.add(`${document.name} is answered with ${bytes} bytes`)
}

const attackAtOnce = async (): Promise<void> => {
  const document = hostileDocument(seed, targets, random.integer(1_000_000, 2_000_000))
  await Promise.all(Array.from({ length: atOnce }, () => attack(document)))
}

// n.b. Outside a test strangers have machines of their own. On Linux this is the priority of the thread alone.
setPriority(constants.priority.PRIORITY_LOW)
const crowd = { count: clients, pauseMs: clientPauseMs, random }
const running =
  does === 'read pages'
    ? [startCrowd(crowd, readPage)]
    : [
        startCrowd(crowd, () => attack(hostileDocument(seed, targets, sent))),
        startVisits(atOnceEveryMs, attackAtOnce),
      ]

parentPort?.on('message', async (said: 'end' | { readonly token: string }) => {
  if (said !== 'end') {
    token = said.token
    return
  }
  await Promise.all(running.map(({ stop }) => stop()))
  await attacker.stop()
  const report: StrangersReport = { sent, largestBytes, problems: [...problems] }
  parentPort?.postMessage(report)
  parentPort?.close()
})
