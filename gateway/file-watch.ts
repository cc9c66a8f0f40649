import { readFile } from 'node:fs/promises'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'

/**
 * Reads a file every `everyMs`, and calls `onChange` with its text if that has changed and was the same at two looks, so
 * that a text which is still being written is not taken. Editors, renames and changed links are all the same to it. Calls
 * `onError` once each time the file stops being readable, and if `onChange` fails.
 */
export const startFileWatch = ({
  path,
  text: first,
  everyMs,
  onChange,
  onError,
}: {
  readonly path: string
  /** What is known of the file so far. */
  readonly text: string
  readonly everyMs: number
  /** The signal aborts when the watch stops, which waits for this. */
  readonly onChange: (text: string, stopping: AbortSignal) => Promise<void>
  readonly onError: (error: unknown) => void
}): Running => {
  let seen = first
  let given = first
  let isReadable = true

  const read = async (): Promise<string | undefined> => {
    try {
      const text = await readFile(path, 'utf8')
      isReadable = true
      return text
    } catch (error) {
      if (isReadable) onError(error)
      isReadable = false
      return undefined
    }
  }

  return startLoop({
    everyMs,
    work: async stopping => {
      const text = await read()
      if (text === undefined) return
      const isSettled = text === seen
      seen = text
      if (!isSettled || text === given) return
      given = text
      await onChange(text, stopping)
    },
    onError,
  })
}
