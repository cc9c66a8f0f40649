import { readdirSync, readFileSync } from 'node:fs'

const recordedOperations = new URL('operations/', import.meta.url)

/** Reads the recorded operations of clients, each of which is one document. */
export const readRecordedOperations = (folder: URL = recordedOperations): readonly string[] =>
  readdirSync(folder)
    .filter(file => file.endsWith('.graphql'))
    .map(file => readFileSync(new URL(file, folder), 'utf8'))

/** Reads the recorded operation in a file, such as `login`. */
export const readRecordedOperation = (name: string): string =>
  readFileSync(new URL(`${name}.graphql`, recordedOperations), 'utf8')
