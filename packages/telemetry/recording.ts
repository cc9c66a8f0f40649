import type { Recording } from './span.ts'

let recording: Recording | undefined

/** Where spans go; undefined if none are recorded. */
export const currentRecording = (): Recording | undefined => recording

/** Begins to record, or ends it. */
export const setRecording = (next: Recording | undefined): void => {
  recording = next
}
