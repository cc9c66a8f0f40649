import { AsyncLocalStorage } from 'node:async_hooks'

/** Who waits for the work under way. */
export type WaitingCaller = {
  /** When the caller stops waiting, in milliseconds since the epoch. */
  readonly deadlineAtMs: number
  /** Whether the caller has gone. */
  readonly gone: Pick<AbortSignal, 'aborted'>
  /** The user who asked, if it was one: all that a user asks for at a time has one turn together. */
  readonly user?: string | undefined
}

/** The work under way was not gone on with, because nobody waits for it any more. */
export class NobodyWaits extends Error {
  constructor() {
    super('nobody waits for this any more')
  }
}

const storage = new AsyncLocalStorage<{ readonly caller: WaitingCaller; onlyReads: boolean }>()

/** Runs a task, and all that it starts, for a caller. */
export const runFor = <T>(caller: WaitingCaller, task: () => T): T =>
  storage.run({ caller, onlyReads: false }, task)

/** For whom the work under way is done; undefined if nobody waits for it. */
export const currentCaller = (): WaitingCaller | undefined => storage.getStore()?.caller

/** Says that the work under way only reads: it need not be finished once its caller has stopped waiting. */
export const stopWhenNobodyWaits = (): void => {
  const work = storage.getStore()
  if (work !== undefined) work.onlyReads = true
}

/** Throws NobodyWaits if the work under way only reads and its caller has stopped waiting. */
export const throwIfNobodyWaits = (): void => {
  const work = storage.getStore()
  if (work?.onlyReads && (work.caller.gone.aborted || work.caller.deadlineAtMs <= Date.now()))
    throw new NobodyWaits()
}
