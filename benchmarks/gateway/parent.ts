import { z } from 'zod'

const asked = z.object({ question: z.unknown() })

/** The settings that startChild gave to this process. */
export const readSettings = (): unknown => JSON.parse(process.argv[2] ?? 'null')

/** Tells the parent that this process runs, answers its questions, and ends when the parent lets go of it. */
export const serveParent = (ready: unknown, answer: (question: unknown) => unknown): void => {
  process.on('message', async message => {
    process.send?.(await answer(asked.parse(message).question))
  })
  process.once('disconnect', () => process.exit(0))
  process.send?.(ready)
}
