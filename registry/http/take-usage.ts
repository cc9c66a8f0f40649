import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { sendJsonEarly } from '@supergraph/runtime/http.ts'
import { BadRequest, readBytes } from '@supergraph/runtime/request-body.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import { demandGraph } from '../api/caller.ts'
import { findVariant } from '../api/variant.ts'
import type { Grant } from '../database/key-store.ts'
import { addUsage } from '../database/usage-store.ts'
import { parseGraphRef } from '../graph-ref.ts'
import { Refusal } from '../refusal.ts'
import { type UsageReport, usageReport } from '../usage-report.ts'

const maxBodyBytes = 2 * 1024 * 1024
const maxTextBytes = 8 * 1024 * 1024
const decompress = promisify(gunzip)

const statuses = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  BAD_USER_INPUT: 400,
  SERVICE_UNAVAILABLE: 503,
} as const satisfies Record<Refusal['code'], number>

/** Takes a report of usage, as JSON that may be compressed, from who has any key to the graph: `identify` says who that is. */
export const takeUsage = async (
  request: IncomingMessage,
  response: ServerResponse,
  { database, identify }: { readonly database: DataSource; readonly identify: () => Promise<Grant> },
): Promise<void> => {
  try {
    const caller = await identify()
    const report = await readReport(request)
    const ref = parseGraphRef(report.ref)
    if (ref === undefined)
      throw new Refusal('BAD_USER_INPUT', 'a reference is a graph and a variant: shop@current')
    demandGraph(caller, ref.graph)
    await findVariant({ database }, ref)
    await addUsage(database, ref, report)
    response.writeHead(204).end()
  } catch (error) {
    if (error instanceof Refusal)
      return sendJsonEarly(request, response, statuses[error.code], { message: error.message })
    if (error instanceof BadRequest)
      return sendJsonEarly(request, response, error.status, { message: error.message })
    throw error
  }
}

const readReport = async (request: IncomingMessage): Promise<UsageReport> => {
  const bytes = await readBytes(request, maxBodyBytes)
  const parsed = usageReport.safeParse(jsonIn(await plain(request, bytes)))
  if (!parsed.success) throw new BadRequest(400, z.prettifyError(parsed.error))
  return parsed.data
}

const plain = async ({ headers }: IncomingMessage, bytes: Buffer): Promise<Buffer> => {
  const { 'content-encoding': encoding = 'identity' } = headers
  if (encoding === 'identity') return bytes
  if (encoding !== 'gzip') throw new BadRequest(415, 'The body is compressed in another way than gzip.')
  try {
    return await decompress(bytes, { maxOutputLength: maxTextBytes })
  } catch {
    throw new BadRequest(400, `The body is no gzip of at most ${maxTextBytes} bytes.`)
  }
}

const jsonIn = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    throw new BadRequest(400, 'The body is not JSON.')
  }
}
