const perRequest = 0.1
const most = 10

/**
 * Lets requests be sent again, as long as these are about a tenth of all: when everything fails, to send it all again would
 * be several times the load for a service that has too much already. Ten in a row are allowed at any time.
 */
export class RetryBudget {
  #left = most

  /** Counts a request that is sent for the first time. */
  sent(): void {
    this.#left = Math.min(most, this.#left + perRequest)
  }

  /** Whether one may be sent again now, which counts it. */
  take(): boolean {
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}
