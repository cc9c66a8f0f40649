import type { IncomingMessage, ServerResponse } from 'node:http'
import { readText } from '@supergraph/runtime/request-body.ts'
import type { RequestTarget } from '@supergraph/runtime/request-target.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import { decide, findPayment, returnAddress } from './authentication.ts'
import { authenticationPage, unknownPaymentPage } from './authentication-pages.ts'
import { decodeForm, parseParameters } from './form.ts'
import { pageHeaders, sendPage } from './page.ts'
import { invalidRequest } from './stripe-error.ts'
import type { Work } from './work.ts'

const maxBodyBytes = 4 * 1024

const decisionForm = z.strictObject({ decision: z.enum(['approve', 'decline']) })

/** Answers the page on which a customer approves or declines a payment: GET shows it, POST `decision=approve` decides. */
export const createAuthenticationSite =
  ({
    database,
    transact,
  }: {
    readonly database: DataSource
    readonly transact: <Result>(change: (work: Work) => Promise<Result>) => Promise<Result>
  }) =>
  async (
    request: IncomingMessage,
    response: ServerResponse,
    { path, search }: RequestTarget,
  ): Promise<void> => {
    const { method = 'GET' } = request
    const [, id = ''] = authenticationPath.exec(path) ?? []
    const secret = new URLSearchParams(search).get('client_secret') ?? ''
    const found = await findPayment(database, { id, secret })
    if (found === undefined) return sendPage(response, 404, unknownPaymentPage())
    if (method === 'GET' || method === 'HEAD') return sendPage(response, 200, authenticationPage(found))
    if (method !== 'POST') throw invalidRequest('The page takes GET and POST alone.', {}, 405)
    const form = decodeForm(await readText(request, maxBodyBytes))
    const { decision } = parseParameters(decisionForm, form)
    const { row, isDone } = await transact(work => decide(work, id, decision))
    const address = returnAddress(row)
    if (!isDone) return sendPage(response, 409, authenticationPage(row))
    if (address === undefined) return sendPage(response, 200, authenticationPage(row))
    response.writeHead(303, { ...pageHeaders, location: address }).end()
  }

const authenticationPath = /^\/simulator\/authenticate\/([^/]+)$/

/** Whether a path is that of the page. */
export const isAuthenticationPath = (path: string): boolean => authenticationPath.test(path)
