/** A server-sent event. */
export type ServerEvent = { readonly name: string; readonly data: string }

/** Reads server-sent events; `onBytes` is called whenever something comes, comments too. */
export const readServerEvents = async function* (
  body: ReadableStream<Uint8Array>,
  onBytes: () => void,
): AsyncGenerator<ServerEvent, undefined> {
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let text = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      onBytes()
      const blocks = (text + decoder.decode(value, { stream: true })).split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const event = eventIn(block)
        if (event !== undefined) yield event
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** Undefined for a comment. */
const eventIn = (block: string): ServerEvent | undefined => {
  const fields = new Map(
    block.split('\n').map(line => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trimStart()] as const
    }),
  )
  const name = fields.get('event')
  return name === undefined ? undefined : { name, data: fields.get('data') ?? '' }
}
