/**
 * The whole milliseconds since the epoch by a clock that never jumps, for what is to be over after a while. It may differ from the
 * time of day if that was corrected since the process started.
 */
export const steadyNowMs = (): number => Math.round(performance.timeOrigin + performance.now())
