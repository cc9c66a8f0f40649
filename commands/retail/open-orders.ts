/** A number of units of a product. */
export type HistoryItem = { readonly sku: string; readonly quantity: number }

type OpenOrder = { readonly invoice: string; readonly items: readonly HistoryItem[] }

/**
 * The orders of one customer that are not cancelled, oldest first; the items of an order name a product once. n.b. a shop may
 * book all that is paid in cash on one customer, so orders are looked up by what they hold.
 */
export const createOpenOrders = () => {
  const byItems = new Map<string, OpenOrder[]>()
  const bySku = new Map<string, Set<OpenOrder>>()
  return {
    add: (order: OpenOrder): void => {
      const key = keyOf(order.items)
      const same = byItems.get(key) ?? []
      byItems.set(key, same)
      same.push(order)
      for (const { sku } of order.items) bySku.set(sku, (bySku.get(sku) ?? new Set()).add(order))
    },

    /** Takes out the latest order that holds exactly these items; undefined if there is none. */
    take: (items: readonly HistoryItem[]): OpenOrder | undefined => {
      const order = byItems.get(keyOf(items))?.pop()
      for (const { sku } of order?.items ?? []) if (order !== undefined) bySku.get(sku)?.delete(order)
      return order
    },

    /** Whether one of the orders holds all these items, and more. */
    holds: (items: readonly HistoryItem[]): boolean => {
      const [fewest] = items.map(({ sku }) => bySku.get(sku) ?? none).toSorted((a, b) => a.size - b.size)
      return (fewest ?? none)
        .values()
        .some(order =>
          items.every(({ sku, quantity }) =>
            order.items.some(item => item.sku === sku && item.quantity >= quantity),
          ),
        )
    },
  }
}

export type OpenOrders = ReturnType<typeof createOpenOrders>

const none: ReadonlySet<OpenOrder> = new Set()

const keyOf = (items: readonly HistoryItem[]): string =>
  items
    .map(({ sku, quantity }) => `${sku} ${quantity}`)
    .toSorted()
    .join('\n')
