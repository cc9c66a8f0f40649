import { Agent, request } from 'node:http'
import { constants } from 'node:os'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { prioritise } from '@supergraph/runtime/priority.ts'
import { z } from 'zod'
import { serveParent } from '../gateway/parent.ts'
import { createBodies } from './spans.ts'

prioritise(process.pid, constants.priority.PRIORITY_LOW)
const order = z.object({ url: z.string(), perSecond: z.number(), seconds: z.number() })
const mostAtOnce = 8

const agent = new Agent({ keepAlive: true, maxSockets: mostAtOnce })
const bodies = createBodies()

/** Sends a body; returns how long the answer took, or undefined if it was none. */
const send = (url: string, body: string): Promise<number | undefined> =>
  new Promise(resolve => {
    const startedAtMs = performance.now()
    const sent = request(url, { agent, method: 'POST', headers: { 'content-type': 'application/json' } })
    sent.on('response', response =>
      text(response).then(
        () => resolve(response.statusCode === 200 ? performance.now() - startedAtMs : undefined),
        () => resolve(undefined),
      ),
    )
    sent.on('error', () => resolve(undefined))
    sent.end(body)
  })

/** Sends spans at a pace; what can't be sent in time, since the answers to eight requests are missing, is late. */
serveParent('ready', async question => {
  const { url, perSecond, seconds } = order.parse(question)
  const startedAtMs = performance.now()
  const answersMs: number[] = []
  const underWay = new Set<Promise<void>>()
  let [sent, failed] = [0, 0]
  for (;;) {
    const elapsed = (performance.now() - startedAtMs) / 1_000
    if (elapsed >= seconds) break
    if (sent >= elapsed * perSecond) await sleep(5)
    else if (underWay.size >= mostAtOnce) await Promise.race(underWay)
    else {
      sent += bodies.spansPerBody
      const sending = send(url, bodies.next()).then(ms => {
        if (ms === undefined) failed += bodies.spansPerBody
        else answersMs.push(ms)
        underWay.delete(sending)
      })
      underWay.add(sending)
    }
  }
  await Promise.all(underWay)
  return { sent, failed, seconds: (performance.now() - startedAtMs) / 1_000, answersMs }
})
