let hasBegun = false

/** Whether this process is about to stop: it is not ready any more, and asks its clients to open connections elsewhere. */
export const isLeaving = (): boolean => hasBegun

/** Begins to leave, or, with false, takes that back. */
export const leave = (begins = true): void => {
  hasBegun = begins
}
