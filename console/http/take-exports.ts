import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { sendJson } from '@supergraph/runtime/http.ts'
import { BadRequest, isPlainJson, readBytes } from '@supergraph/runtime/request-body.ts'
import { readLogsData, readTracesData } from '@supergraph/telemetry/otlp-reader.ts'
import { NotProtobuf } from '@supergraph/telemetry/protobuf-reader.ts'
import { ProtobufWriter, tagOf } from '@supergraph/telemetry/protobuf-writer.ts'
import type { Intake } from '../intake.ts'
import type { LogIntake } from '../log-intake.ts'
import { readTraces } from '../traces/otlp.ts'

const maxBodyBytes = 4 * 1024 * 1024
const maxUnpackedBytes = 32 * 1024 * 1024
// n.b. an empty object has three bytes in a list, and takes a hundred or so
const maxJsonParts = 2_000_000
const unpack = promisify(gunzip)

/** Takes an OTLP export of traces, and answers as OTLP has it; when the console is busy, what comes is dropped. */
export const takeTraces = async (
  request: IncomingMessage,
  response: ServerResponse,
  intake: Pick<Intake, 'take'>,
): Promise<void> => {
  const { body, bytes } = await readExport(request, readTracesData)
  const { spans, rejected } = readTraces(body)
  intake.take(spans, bytes)
  answer(request, response, rejected)
}

/** Takes an OTLP export of logs, and answers as OTLP has it; when the console is busy, what comes is dropped. */
export const takeLogs = async (
  request: IncomingMessage,
  response: ServerResponse,
  intake: Pick<LogIntake, 'takeExport'>,
): Promise<void> => {
  intake.takeExport((await readExport(request, readLogsData)).body)
  answer(request, response, 0)
}

const protobuf = 'application/x-protobuf'
const whyRejected = 'spans need an id, a trace id and times'

/** Says how many spans were rejected, in the form in which they came. */
const answer = (request: IncomingMessage, response: ServerResponse, rejected: number): void => {
  if (request.headers['content-type'] !== protobuf) {
    const partialSuccess = { rejectedSpans: rejected, errorMessage: whyRejected }
    sendJson(response, 200, rejected === 0 ? {} : { partialSuccess })
    return
  }
  const writer = new ProtobufWriter()
  if (rejected > 0) {
    const partialSuccess = writer.open(tagOf(1, 'bytes'))
    writer.varint(tagOf(1, 'varint'), rejected)
    writer.text(tagOf(2, 'bytes'), whyRejected)
    writer.close(partialSuccess)
  }
  response.writeHead(200, { 'content-type': protobuf }).end(writer.copy())
}

/** Reads an OTLP export as protobuf or JSON, compressed or not. */
const readExport = async (
  request: IncomingMessage,
  readProtobuf: (body: Buffer) => unknown,
): Promise<{ readonly body: unknown; readonly bytes: number }> => {
  const { 'content-type': type } = request.headers
  // n.b. no page of another site can send these types unasked
  if (type !== protobuf && !isPlainJson(type))
    throw new BadRequest(415, `Send OTLP as ${protobuf} or as application/json.`)
  const unpacked = await readUnpacked(request)
  return {
    body: type === protobuf ? parseWith(readProtobuf, unpacked) : parse(unpacked),
    bytes: unpacked.length,
  }
}

const parseWith = (readProtobuf: (body: Buffer) => unknown, body: Buffer): unknown => {
  try {
    return readProtobuf(body)
  } catch (error) {
    if (!(error instanceof NotProtobuf)) throw error
    throw new BadRequest(400, `The body is not OTLP as protobuf: ${error.message}.`)
  }
}

const readUnpacked = async (request: IncomingMessage): Promise<Buffer> => {
  const { 'content-encoding': encoding = 'identity' } = request.headers
  const body = await readBytes(request, maxBodyBytes)
  if (encoding === 'identity') return body
  if (encoding !== 'gzip') throw new BadRequest(415, 'Send the body as it is or with gzip.')
  return unpack(body, { maxOutputLength: maxUnpackedBytes }).catch(() => {
    throw new BadRequest(400, `The body is no gzip of at most ${maxUnpackedBytes} bytes.`)
  })
}

const parse = (body: Buffer): unknown => {
  if (hasTooManyParts(body))
    throw new BadRequest(413, `The body has more than ${maxJsonParts} parts: send fewer at a time.`)
  try {
    return JSON.parse(body.toString())
  } catch {
    throw new BadRequest(400, 'The body is not JSON.')
  }
}

const partStarts: ReadonlySet<number> = new Set(Buffer.from('{[,'))

/** Whether JSON has too many objects, lists and values, which are counted by the signs that begin them. */
const hasTooManyParts = (body: Buffer): boolean => {
  let parts = 0
  for (const byte of body) if (partStarts.has(byte)) parts += 1
  return parts > maxJsonParts
}
