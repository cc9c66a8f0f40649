import type { FileRecord } from './file/records.ts'
import type { Refusals } from './file/refusals.ts'
import { type InvoiceLine, isProductCode } from './invoice-lines.ts'
import { createOpenOrders, type HistoryItem, type OpenOrders } from './open-orders.ts'

/** What one customer did, in order. */
export type CustomerHistory = {
  readonly customer: string
  readonly country: string
  readonly events: readonly HistoryEvent[]
}

/** What a customer did, with the records of the file that say so. */
export type HistoryEvent = CustomerAction & { readonly records: readonly FileRecord[] }

type CustomerAction =
  | { readonly kind: 'order'; readonly invoice: string; readonly items: readonly HistoryItem[] }
  /** Cancels the whole order `invoice`. */
  | { readonly kind: 'cancellation'; readonly creditNote: string; readonly invoice: string }

/** What a history leaves out. */
export type HistoryRefusals = {
  /** The invoices that are no orders. */
  readonly refusedInvoices: Refusals
  /** The credit notes that cancel no order. */
  readonly refusedCancellations: Refusals
  /** The lines that are left out of orders. */
  readonly refusedLines: Refusals
}

/** Reads invoices and credit notes (numbers with a leading C) as orders and cancellations per customer, oldest first. */
export const readOrderHistory = (
  lines: readonly InvoiceLine[],
  { refusedInvoices, refusedCancellations, refusedLines }: HistoryRefusals,
): readonly CustomerHistory[] => {
  const invoices = [...Map.groupBy(lines, line => line.invoice)].toSorted(
    ([, [a]], [, [b]]) => (a?.at.getTime() ?? 0) - (b?.at.getTime() ?? 0),
  )
  const customers = new Map<
    string,
    { readonly country: string; readonly events: HistoryEvent[]; readonly open: OpenOrders }
  >()
  for (const [invoice, lines] of invoices) {
    const [{ customer, country } = { customer: undefined, country: '' }] = lines
    const records = lines.map(line => line.record)
    const isCreditNote = invoice.startsWith('C')
    const refused = isCreditNote ? refusedCancellations : refusedInvoices
    if (customer === undefined) {
      refused.refuse(records, 'no customer')
      continue
    }
    if (!/^[A-Za-z0-9-]{1,40}$/.test(customer)) {
      refused.refuse(
        records,
        'unusable CustomerID',
        `“${customer}” makes no e-mail address: use letters and digits.`,
      )
      continue
    }
    const known = customers.get(customer) ?? { country, events: [], open: createOpenOrders() }
    customers.set(customer, known)
    const event = isCreditNote
      ? cancellation(invoice, lines, known.open)
      : order(invoice, lines, refusedLines)
    if (typeof event === 'string') {
      refused.refuse(records, event)
      continue
    }
    if (event.kind === 'order') known.open.add(event)
    known.events.push({ ...event, records })
  }
  return [...customers].map(([customer, { country, events }]) => ({ customer, country, events }))
}

const order = (
  invoice: string,
  lines: readonly InvoiceLine[],
  refusedLines: Refusals,
): CustomerAction | string => {
  if (!/^\d+$/.test(invoice)) return 'accounting entry'
  const items = lines.flatMap(line => {
    const reason = !isProductCode(line.code)
      ? 'fee, discount or voucher'
      : line.quantity <= 0
        ? 'return or write-off'
        : line.priceMinor === 0
          ? 'without a price'
          : undefined
    if (reason === undefined) return [{ sku: line.code, quantity: line.quantity }]
    refusedLines.refuse([line.record], reason)
    return []
  })
  return items.length === 0 ? 'no product lines' : { kind: 'order', invoice, items: merged(items) }
}

const cancellation = (
  creditNote: string,
  lines: readonly InvoiceLine[],
  open: OpenOrders,
): CustomerAction | string => {
  const returned = merged(
    lines
      .filter(line => isProductCode(line.code) && line.quantity < 0)
      .map(line => ({ sku: line.code, quantity: -line.quantity })),
  )
  if (returned.length === 0) return 'no product lines'
  const whole = open.take(returned)
  if (whole) return { kind: 'cancellation', creditNote, invoice: whole.invoice }
  return open.holds(returned) ? 'returns part of an order' : 'order not in the file'
}

const merged = (items: readonly HistoryItem[]): readonly HistoryItem[] =>
  [...Map.groupBy(items, item => item.sku)].map(([sku, items]) => ({
    sku,
    quantity: items.reduce((sum, item) => sum + item.quantity, 0),
  }))
