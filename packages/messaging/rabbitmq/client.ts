import { within } from '@supergraph/runtime/deadline.ts'
import type { Connection, Consumer } from 'rabbitmq-client'

const readyTimeoutMs = 10_000
const closeTimeoutMs = 1_000

/**
 * Waits until the consumer consumes. Throws the error that its first attempt ends with, or one that begins with `what`
 * after 10 s, and closes the consumer then. Later errors interrupt it; it starts again by itself.
 */
export const untilConsuming = async (
  consumer: Consumer,
  what: string,
  onInterruption: (error: unknown) => void,
): Promise<void> => {
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
  consumer.once('ready', resolve)
  consumer.on('error', (error: unknown) => {
    reject(error)
    onInterruption(error)
  })
  try {
    await within(readyTimeoutMs, ready, () => {
      throw new Error(`${what} did not start within ${readyTimeoutMs / 1_000} s.`)
    })
  } catch (error) {
    await closeInTime(consumer)
    throw error
  }
}

/** Closes a part of the client; false if that fails or takes longer than 1 s, as it does while the broker is away. */
export const closeInTime = (part: { close(): Promise<void> }): Promise<boolean> =>
  within(
    closeTimeoutMs,
    part.close().then(() => true),
    () => false,
  ).catch(() => false)

/** Closes a connection; cuts it off if that fails or takes longer than 1 s. */
export const closeConnection = async (connection: Connection): Promise<void> => {
  if (!(await closeInTime(connection))) connection.unsafeDestroy()
}
