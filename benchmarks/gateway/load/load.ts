import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { serveParent } from '../parent.ts'
import { type Connection, openConnection } from './connection.ts'

const order = z.object({
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  bodies: z.array(z.string()),
  /** The right answers, as JSON. */
  expected: z.array(z.string()),
  connections: z.number(),
  seconds: z.number(),
  /** How many requests there are at least, however long they take. */
  atLeast: z.number(),
})

/** What the load process is asked to do. */
export type LoadOrder = z.output<typeof order>

/** What came of a load: latencies of right answers in milliseconds, in the order of their arrival. */
export type LoadResult = {
  readonly latenciesMs: Float64Array
  readonly seconds: number
  readonly wrong: number
  readonly firstWrong: string | undefined
}

const requestBytes = ({ url, headers }: LoadOrder, body: string): Buffer => {
  const { host, pathname } = new URL(url)
  const lines = Object.entries({ host, ...headers, 'content-length': String(Buffer.byteLength(body)) })
  return Buffer.from(
    `POST ${pathname} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
  )
}

/** Compares answers with the right ones; the bytes of a right answer are remembered, so that the next one costs little. */
const createCheck = (expected: readonly string[]) => {
  const right: Buffer[] = []
  return (index: number, body: Buffer | undefined): boolean => {
    if (body === undefined) return false
    if (right[index]?.equals(body)) return true
    const isRight = isDeepStrictEqual(parsed(body.toString('utf8')), parsed(expected[index] ?? ''))
    if (isRight) right[index] = Buffer.from(body)
    return isRight
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const measure = async (question: LoadOrder): Promise<LoadResult> => {
  const requests = question.bodies.map(body => requestBytes(question, body))
  const isRight = createCheck(question.expected)
  const latenciesMs: number[] = []
  let turn = 0
  let wrong = 0
  let firstWrong: string | undefined
  const startedAtMs = performance.now()
  const endsAtMs = startedAtMs + question.seconds * 1_000

  const work = async (): Promise<void> => {
    let connection: Connection | undefined
    for (let nowMs = startedAtMs; nowMs < endsAtMs || turn < question.atLeast; ) {
      const index = turn++ % requests.length
      const begunAtMs = performance.now()
      const body = await Promise.resolve(connection ?? openConnection(question.url))
        .then(open => {
          connection = open
          return open.send(requests[index] ?? Buffer.alloc(0))
        })
        .catch((error: unknown) => {
          connection = undefined
          return Buffer.from(String(error))
        })
      nowMs = performance.now()
      if (isRight(index, body)) latenciesMs.push(nowMs - begunAtMs)
      else {
        wrong += 1
        firstWrong ??= body?.toString('utf8').slice(0, 500) ?? 'a status other than 200'
      }
    }
    connection?.close()
  }

  await Promise.all(Array.from({ length: question.connections }, work))
  const seconds = (performance.now() - startedAtMs) / 1_000
  return { latenciesMs: Float64Array.from(latenciesMs), seconds, wrong, firstWrong }
}

serveParent('ready', question => measure(order.parse(question)))
