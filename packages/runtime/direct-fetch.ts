import { Agent, fetch } from 'undici'

const dispatcher = new Agent()
const maxBytesOfAny = 32 * 1024 * 1024

/**
 * Like `fetch`, but reads the whole answer, and never over a proxy that the environment names: for calls inside this system.
 * Throws if the answer has more than `maxBytes`, counted once it is decompressed.
 */
export const directFetch = async (
  url: string | URL,
  init: Parameters<typeof fetch>[1] = {},
  maxBytes = maxBytesOfAny,
): Promise<Response> => {
  const answer = await fetch(url, { ...init, dispatcher })
  const chunks: Uint8Array[] = []
  let bytes = 0
  // n.b. who leaves the loop ends the connection
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maxBytes)
      throw new Error(`the answer of ${new URL(url).origin} has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return new Response(bytes === 0 ? null : Buffer.concat(chunks), {
    status: answer.status,
    headers: [...answer.headers],
  })
}
