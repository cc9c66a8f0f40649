import { codeOf } from '../error-text.ts'

const unreachable = [
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'],
  ...['EADDRNOTAVAIL', 'UND_ERR_CONNECT_TIMEOUT'],
]

/** Whether a request failed before it was sent, because no connection could be made. */
export const isUnreachable = (error: unknown): boolean => unreachable.includes(codeOf(error))
