import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { sendJson } from '@supergraph/runtime/http.ts'
import { BadRequest, isPlainJson, readBytes } from '@supergraph/runtime/request-body.ts'
import type { Intake } from '../intake.ts'
import type { LogIntake } from '../log-intake.ts'
import { readTraces } from '../traces/otlp.ts'

const maxBodyBytes = 4 * 1024 * 1024
const maxUnpackedBytes = 32 * 1024 * 1024
const unpack = promisify(gunzip)

/** Takes an OTLP export of traces, and answers as OTLP has it; when the console is busy, what comes is dropped. */
export const takeTraces = async (
  request: IncomingMessage,
  response: ServerResponse,
  intake: Pick<Intake, 'take'>,
): Promise<void> => {
  const { body, bytes } = await readExport(request)
  const { spans, rejected } = readTraces(body)
  intake.take(spans, bytes)
  const partialSuccess = { rejectedSpans: rejected, errorMessage: 'spans need an id, a trace id and times' }
  sendJson(response, 200, rejected === 0 ? {} : { partialSuccess })
}

/** Takes an OTLP export of logs, and answers as OTLP has it; when the console is busy, what comes is dropped. */
export const takeLogs = async (
  request: IncomingMessage,
  response: ServerResponse,
  intake: Pick<LogIntake, 'takeExport'>,
): Promise<void> => {
  intake.takeExport((await readExport(request)).body)
  sendJson(response, 200, {})
}

/** Reads an OTLP export as JSON, compressed or not. */
const readExport = async (
  request: IncomingMessage,
): Promise<{ readonly body: unknown; readonly bytes: number }> => {
  // n.b. no page of another site can send this type unasked
  if (!isPlainJson(request.headers['content-type']))
    throw new BadRequest(415, 'Send OTLP as application/json: OTEL_EXPORTER_OTLP_PROTOCOL=http/json.')
  const unpacked = await readUnpacked(request)
  return { body: parse(unpacked), bytes: unpacked.length }
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
  try {
    return JSON.parse(body.toString())
  } catch {
    throw new BadRequest(400, 'The body is not JSON.')
  }
}
