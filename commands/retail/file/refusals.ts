import { createTally } from '../tally.ts'
import type { FileRecord } from './records.ts'

/** A tally of refusals. Each also goes to `list` for every record of the file that it is about, after the words in `prefix`. */
export const createRefusals = (list: (record: FileRecord, reason: string) => void, prefix = '') => {
  const tally = createTally()
  return {
    ...tally,
    /** Counts one refusal of what stands in these records. */
    refuse: (records: readonly FileRecord[], reason: string, detail = ''): void => {
      tally.add(reason)
      for (const record of records) list(record, `${prefix}${reason}${detail === '' ? '' : `: ${detail}`}`)
    },
  }
}

export type Refusals = ReturnType<typeof createRefusals>
