import { gatewayError } from '../errors.ts'

/** The room, in bytes, for what the subgraphs answer in one execution. */
export type AnswerRoom = ReturnType<typeof createAnswerRoom>

/** The subgraphs' answers have no room together. */
export class AnswerTooLarge extends Error {}

/** Makes room for `maxBytes`. */
export const createAnswerRoom = (maxBytes: number) => {
  let left = maxBytes
  return {
    /** Takes room; throws AnswerTooLarge, now and from then on, if there is not enough. */
    take: (bytes: number): void => {
      left -= bytes
      if (left < 0) throw new AnswerTooLarge(`the answer has more than ${maxBytes} bytes`)
    },
    /** What the client is told. */
    refusal: () =>
      gatewayError(
        'ANSWER_TOO_LARGE',
        `The answer would have more than ${maxBytes} bytes: ask for fewer fields or smaller pages.`,
      ),
  }
}
