/** How long a step belongs to the process that entered it, before the sweepers may take it. */
const leaseSeconds = 6
/** n.b. a step that takes longer than its lease would never be done: each claim of an order is for a lease more, up to four. */
const mostLeases = 4
const firstDelaySeconds = 0.5
const longestDelaySeconds = 10
/** n.b. a service that was not asked is no reason to wait longer each time: it may be back any moment. */
const notMadeDelaySeconds = 1

export const lockOrder = 'select from orders where id = $1 for update'

/** Inserts an order, its lines and its first change. */
export const insertOrder = `
  with placed as (
    insert into orders (id, number, customer_id, status, currency, total_minor, shipping, version,
      stock_state, payment_state, payment_method, step, placed_at, step_due_at, fence)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now() + interval '${leaseSeconds} s', 1)
  )
  insert into order_items (order_id, position, product_id, product_name, sku, unit_price_minor, quantity)
  select $1, position, "productId", "productName", sku, "unitPriceMinor", quantity
  from jsonb_to_recordset($14::jsonb) as line (
    position integer, "productId" uuid, "productName" text, sku text, "unitPriceMinor" integer, quantity integer)`

/** Writes an order that is still at its fencing number. n.b. the database's clock: every replica compares with it. */
export const updateOrder = `
  update orders
  set status = $3, version = $4, refusal = $5, stock_state = $6, payment_state = $7, payment_id = $8,
      refunded_minor = $9, tracking = $10, step = $11::text, step_attempts = 0, fence = $12,
      step_due_at = case when $11::text is not null then now() + interval '${leaseSeconds} s' end
  where id = $1 and fence = $2`

export const claimDueSteps = (columns: string): string => `
  with due as materialized (
    select id from orders
    where step is not null and step_due_at <= now()
    order by step_due_at
    limit $1
    for update skip locked
  ), claimed as (
    update orders
    set step_due_at = now() + interval '${leaseSeconds} s' * least(fence + 1, ${mostLeases}), fence = fence + 1
    from due
    where orders.id = due.id
    returning orders.*
  )
  select ${columns} from claimed as orders`

export const postponeStep = `
  update orders
  set step_due_at = now() + make_interval(
        secs => case when $3::boolean then least(${firstDelaySeconds} * 2 ^ least(step_attempts, 10), ${longestDelaySeconds})
          else ${notMadeDelaySeconds} end),
      step_attempts = step_attempts + $3::boolean::integer
  where id = $1 and fence = $2 and step is not null`
