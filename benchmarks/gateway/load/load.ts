import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { serveParent } from '../parent.ts'
import { type Answer, type Connection, openConnection } from './connection.ts'
import type { LoadResult } from './result.ts'

const order = z.object({
  url: z.string(),
  /** The access tokens of the viewers, of whom each connection has one. */
  tokens: z.array(z.string()),
  bodies: z.array(z.string()),
  /** The right answers to the bodies, as JSON: for whomever asks, or for each token in turn. */
  expected: z.array(z.string()),
  connections: z.number(),
  seconds: z.number(),
  /** How many requests there are at least, however long they take. */
  atLeast: z.number(),
})

/** What the load process is asked to do. */
export type LoadOrder = z.output<typeof order>

/** The part of a connection's requests that is always the same. */
const headOf = ({ url, tokens }: LoadOrder, connection: number): string => {
  const { host, pathname } = new URL(url)
  const lines = {
    host,
    accept: '*/*',
    'content-type': 'application/json',
    authorization: `Bearer ${tokens[connection % tokens.length]}`,
  }
  const text = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST ${pathname} HTTP/1.1\r\n${text.join('')}`
}

/** Compares answers with the right ones; the bytes of a right answer are remembered, so that the next one costs little. */
const createCheck = (expected: readonly string[]) => {
  const right: Buffer[] = []
  return (index: number, { isOk, body }: Answer): boolean => {
    if (!isOk) return false
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
  const requests = question.bodies.map(body => `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  const isRight = createCheck(question.expected)
  const latenciesMs: number[] = []
  let turn = 0
  let wrong = 0
  let firstWrong: string | undefined
  const startedAtMs = performance.now()
  const endsAtMs = startedAtMs + question.seconds * 1_000

  const work = async (_: unknown, number: number): Promise<void> => {
    const head = headOf(question, number)
    const firstExpected = ((number % question.tokens.length) * requests.length) % question.expected.length
    let connection: Connection | undefined
    for (let nowMs = startedAtMs; nowMs < endsAtMs || turn < question.atLeast; ) {
      const index = turn++ % requests.length
      const begunAtMs = performance.now()
      const answer = await Promise.resolve(connection ?? openConnection(question.url))
        .then(open => {
          connection = open
          return open.send(`${head}${requests[index]}`)
        })
        .catch((error: unknown) => {
          connection = undefined
          return { isOk: false, body: Buffer.from(String(error)) }
        })
      nowMs = performance.now()
      if (isRight(firstExpected + index, answer)) latenciesMs.push(nowMs - begunAtMs)
      else {
        wrong += 1
        firstWrong ??= answer.body.toString('utf8').slice(0, 500)
      }
    }
    connection?.close()
  }

  await Promise.all(Array.from({ length: question.connections }, work))
  const seconds = (performance.now() - startedAtMs) / 1_000
  return { latenciesMs: Float64Array.from(latenciesMs), seconds, wrong, firstWrong }
}

serveParent('ready', question => measure(order.parse(question)))
