/** Waits for the turn of one delivery; undefined if it may go on at once. */
export type DeliveryTurn = () => Promise<void> | undefined

// n.b. measured: a delivery takes 10 to 20 µs, so that an event for 5,000 sockets would hold everything else up for 0.1 s
const defaultPerTurn = 200

/** Lets so many deliveries go on in each turn of the event loop, in the order in which they ask. */
export const createDeliveryTurns = (perTurn = defaultPerTurn): DeliveryTurn => {
  const waiting: (() => void)[] = []
  let inThisTurn = 0

  const begin = (): void => {
    const next = waiting.splice(0, perTurn)
    inThisTurn = next.length
    if (next.length > 0) setImmediate(begin)
    for (const go of next) go()
  }

  return () => {
    if (inThisTurn === 0) setImmediate(begin)
    if (inThisTurn < perTurn) {
      inThisTurn += 1
      return undefined
    }
    return new Promise(resolve => waiting.push(resolve))
  }
}
