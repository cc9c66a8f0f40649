import { createHash } from 'node:crypto'
import { encodeCursor } from '@supergraph/postgres/keyset.ts'
import { createClient } from 'graphql-ws'
import { Agent } from 'undici'
import { WebSocket } from 'ws'
import { codeFor } from '../../testbed/authenticator.ts'
import { requestGraphQL } from '../../testbed/graphql-client.ts'
import { readRows } from '../../testbed/rows.ts'
import { waitUntil } from '../../testbed/waiting.ts'
import { idOf } from './history.ts'
import type { GrownName, GrownSystem } from './system.ts'

/** Something that people or services ask of a shop; a `page` is what must cost the same however much there is. */
export type Case = { readonly name: string; readonly isPage: boolean; readonly run: () => Promise<unknown> }

const scopes = [
  'users:read',
  'orders:read',
  'orders:manage',
  'catalog:write',
  'analytics:read',
  'users:manage',
]
const address = { name: 'Ada', line1: '1 Road', city: 'London', postalCode: 'N1 1AA', country: 'GB' }
/** One more than 20 rows, which tells that more follow. */
const aPage = 21
const password = 'a long enough password'

/** Every kind of request to every subgraph, as the gateway sends them; the reads come first. */
export const requestsOf = async (system: GrownSystem) => {
  const { history, gateway, urlOf, databaseUrls } = system
  const dispatcher = new Agent()
  const userOf = (id: string, extra: readonly string[] = []) =>
    ({ kind: 'user', id, scopes: extra, sessionId: idOf('session', 0, 1) }) as const
  const [favourite, ordinary] = [history.customerId(0), history.customerId(Math.floor(history.customers / 2))]
  const staff = userOf(history.customerId(1), scopes)

  type Viewer = typeof staff
  const ask = async (service: GrownName, viewer: Viewer, query: string, variables: object = {}) => {
    const accessToken = await gateway.sign(service, viewer, '203.0.113.1')
    const { data, errors } = await requestGraphQL(
      urlOf(service),
      { query, variables },
      { accessToken, dispatcher },
    )
    if (errors !== undefined || data === undefined)
      throw new Error(`${service} answered ${JSON.stringify(errors)} to ${query}`)
    return data
  }

  const cases: Case[] = []
  const read = (
    name: string,
    service: GrownName,
    viewer: Viewer,
    query: string,
    variables: object = {},
    isPage = true,
  ) => cases.push({ name, isPage, run: () => ask(service, viewer, query, variables) })

  const places = [
    ['at the start', 0],
    ['in the middle', 0.5],
    ['at the end', 1],
  ] as const
  const orderAtShare = (share: number) =>
    history.orderAt(Math.min(aPage + Math.floor((1 - share) * history.orderCount), history.orderCount - 1))

  const productFields =
    'edges { cursor node { id sku name available price { amountMinor } } } pageInfo { endCursor }'
  const productPage = `query Products($after: String, $filter: ProductFilter, $sort: ProductSort) {
    products(first: 20, after: $after, filter: $filter, sort: $sort) { ${productFields} } }`
  const sorts = {
    NEWEST: ['created_at', 'desc'],
    NAME: ['name collate "und-x-icu"', 'asc'],
    PRICE_ASC: ['price_minor', 'asc'],
    PRICE_DESC: ['price_minor', 'desc'],
  } as const
  for (const [sort, [column, direction]] of Object.entries(sorts)) {
    for (const [place, share] of places) {
      const after =
        share === 0
          ? null
          : await cursorAt(
              databaseUrls.products,
              sort,
              column,
              direction,
              share * (history.productIds.length - aPage),
            )
      read(`products by ${sort}, ${place}`, 'products', staff, productPage, { sort, after })
    }
  }
  const [common = '', rare = '', sku = '', smallCategory = ''] = await wordsOf(databaseUrls.products)
  const filters = {
    'in stock': { inStock: true },
    'sold out': { inStock: false },
    'of a large category': { category: 'Category 1' },
    'of a small category': { category: smallCategory },
    'in a range of prices': { minPriceMinor: 5_000, maxPriceMinor: 6_000 },
    'in a narrow range of prices': {
      minPriceMinor: 5_000,
      maxPriceMinor: 5_000 + Math.ceil(3_000_000 / history.productIds.length),
    },
    'of a large category in a range of prices': {
      category: 'Category 1',
      minPriceMinor: 5_000,
      maxPriceMinor: 9_000,
    },
  }
  for (const [name, filter] of Object.entries(filters))
    for (const sort of Object.keys(sorts))
      read(`products ${name} by ${sort}`, 'products', staff, productPage, { filter, sort })
  const searches = {
    'a common word': common,
    'a rare word': rare,
    'two words': `${common} ${rare}`,
    'a beginning': common.slice(0, 4),
    'a typing error': `${rare.slice(0, 2)}${rare.slice(3)}x`,
    'a sku': sku,
  }
  for (const [name, search] of Object.entries(searches))
    for (const sort of ['RELEVANCE', 'NEWEST', 'PRICE_ASC', 'NAME'])
      read(`search for ${name} by ${sort}`, 'products', staff, productPage, { filter: { search }, sort })
  read('a product by its sku', 'products', staff, 'query Sku($sku: String) { product(sku: $sku) { id } }', {
    sku,
  })

  const hundred = <T>(of: (place: number) => T): readonly T[] =>
    Array.from({ length: 100 }, (_, place) => of(place))
  const entities = (
    name: string,
    service: GrownName,
    viewer: Viewer,
    type: string,
    fields: string,
    ids: readonly string[],
  ) =>
    read(
      name,
      service,
      viewer,
      `query Entities($representations: [_Any!]!) { _entities(representations: $representations) { ... on ${type} { ${fields} } } }`,
      {
        representations: ids.map(id => ({ __typename: type, id })),
      },
    )
  const spread = (length: number) => hundred(place => Math.floor((place * length) / 100))
  const someProducts = spread(history.productIds.length).map(place => history.productIds[place] ?? '')
  const someOrders = spread(history.orderCount).map(place => history.orderAt(place).id)
  const someUsers = spread(history.customers).map(history.customerId)
  entities('100 products', 'products', staff, 'Product', 'id name available', someProducts)
  entities('units sold of 100 products', 'analytics', staff, 'Product', 'unitsSold', someProducts)
  entities(
    '100 users with their addresses',
    'users',
    staff,
    'User',
    'id name email addresses { city }',
    someUsers,
  )
  const orderFields =
    'id number status total { amountMinor } items { quantity } timeline { status } payment { status refunds { id } } tracking { trackingNumber }'
  entities('100 orders with everything', 'orders', staff, 'Order', orderFields, someOrders)
  entities(
    '20 orders of each of 100 users',
    'orders',
    staff,
    'User',
    'orders { edges { node { id items { quantity } } } }',
    someUsers,
  )

  const usersPage =
    'query Users($after: String) { users(first: 20, after: $after) { edges { node { id name } } } }'
  read('me', 'users', userOf(ordinary), '{ me { id name email addresses { city } } }')
  const ordersPage = `query Orders($after: String, $filter: OrderFilter) {
    orders(first: 20, after: $after, filter: $filter) { edges { node { id number status items { quantity } } } } }`
  const ownOrders = `query Own($representations: [_Any!]!, $after: String, $status: OrderStatus) { _entities(representations: $representations) {
    ... on User { orders(first: 20, after: $after, status: $status) { edges { node { ${orderFields} } } } } } }`
  const notificationsPage = `query Notifications($representations: [_Any!]!, $after: String, $unreadOnly: Boolean) { _entities(representations: $representations) {
    ... on User { notifications(first: 20, after: $after, unreadOnly: $unreadOnly) { edges { node { id title } } } } } }`
  const notificationCount = Math.floor((history.orderCount / history.favouriteEvery) * (90 / 365))
  const asUser = (id: string) => [{ __typename: 'User', id }]
  for (const [place, share] of places) {
    const after = share === 0 ? null : encodeCursor([orderAtShare(share).id])
    const oldest = history.orderAt(aPage * history.favouriteEvery)
    const ownAfter = share === 1 ? encodeCursor([oldest.id]) : after
    read(`all users, ${place}`, 'users', staff, usersPage, {
      after:
        share === 0
          ? null
          : encodeCursor([history.customerId(aPage + Math.floor((1 - share) * (history.customers - aPage)))]),
    })
    read(`all orders, ${place}`, 'orders', staff, ordersPage, { after })
    read(`all orders that are DELIVERED, ${place}`, 'orders', staff, ordersPage, {
      after,
      filter: { status: 'DELIVERED' },
    })
    read(`all orders of a customer, ${place}`, 'orders', staff, ordersPage, {
      after: ownAfter,
      filter: { customerId: favourite },
    })
    read(`orders of the customer with most, ${place}`, 'orders', userOf(favourite), ownOrders, {
      representations: asUser(favourite),
      after: ownAfter,
    })
    read(
      `orders that are REFUNDED of the customer with most, ${place}`,
      'orders',
      userOf(favourite),
      ownOrders,
      {
        ...{ representations: asUser(favourite), after, status: 'REFUNDED' },
      },
    )
    const seq = Math.max(aPage, Math.floor((1 - share) * notificationCount))
    read(
      `notifications of the customer with most, ${place}`,
      'notifications',
      userOf(favourite),
      notificationsPage,
      {
        ...{ representations: asUser(favourite), after: share === 0 ? null : encodeCursor([seq]) },
      },
    )
  }
  read('orders of a customer', 'orders', userOf(ordinary), ownOrders, { representations: asUser(ordinary) })
  read('an order', 'orders', staff, `query Order($id: ID!) { order(id: $id) { ${orderFields} } }`, {
    id: orderAtShare(0.5).id,
  })
  read('unread notifications', 'notifications', userOf(favourite), notificationsPage, {
    representations: asUser(favourite),
    unreadOnly: true,
  })
  read(
    'number of unread notifications',
    'notifications',
    userOf(favourite),
    'query Unread($representations: [_Any!]!) { _entities(representations: $representations) { ... on User { unreadNotificationCount notificationPreferences { enabled } } } }',
    { representations: asUser(favourite) },
  )
  read('best sellers', 'analytics', staff, '{ bestSellers(first: 20) { name unitsSold } }')
  const [from, to] = [dayOf(history.endMs - 29 * 86_400_000), dayOf(history.endMs)]
  const summary = (fields: string) =>
    `query Sales($from: Date!, $to: Date!) { salesSummary(from: $from, to: $to) { ${fields} } }`
  read('sales of 30 days in sum', 'analytics', staff, summary('totals { revenueMinor }'), { from, to })
  read('sales of each of 30 days', 'analytics', staff, summary('days { date figures { revenueMinor } }'), {
    from,
    to,
  })
  read(
    'most sold products of 30 days',
    'analytics',
    staff,
    summary('products { name figures { revenueMinor } }'),
    { from, to },
    false,
  )

  const writes: Case[] = []
  const write = (name: string, run: () => Promise<unknown>) => writes.push({ name, isPage: false, run })
  const change = async (
    service: GrownName,
    viewer: Viewer,
    field: string,
    type: string,
    input: object,
    fields = '',
  ) => {
    const data = await ask(
      service,
      viewer,
      `mutation Change($input: ${type}!) { result: ${field}(input: $input) { __typename ${fields} } }`,
      { input },
    )
    return data.result
  }
  const basket = [{ productId: history.favouriteProduct, quantity: 1 }]
  const placeOrder = (items: readonly object[] = basket, viewer = userOf(ordinary)) =>
    change(
      'orders',
      viewer,
      'placeOrder',
      'PlaceOrderInput',
      {
        ...{
          idempotencyKey: crypto.randomUUID(),
          items,
          paymentMethod: 'pm_card_visa',
          shippingAddress: address,
        },
      },
      '... on PlaceOrderSuccess { order { id } }',
    )
  const placed = async () => {
    const { order } = await placeOrder()
    return String(order.id)
  }
  const soldOut = { productId: await soldOutProduct(databaseUrls.products), quantity: 1 }
  write('place an order', placed)
  write('place an order of what is sold out', () => placeOrder([soldOut]))
  write('cancel an order', async () =>
    change('orders', userOf(ordinary), 'cancelOrder', 'CancelOrderInput', {
      orderId: await placed(),
      idempotencyKey: crypto.randomUUID(),
    }),
  )
  write('ship and deliver an order, and refund it in part and in full', async () => {
    const orderId = await placed()
    await change('orders', staff, 'shipOrder', 'ShipOrderInput', { orderId, trackingNumber: '1' })
    await change('orders', staff, 'deliverOrder', 'DeliverOrderInput', { orderId })
    await change('orders', staff, 'refundOrder', 'RefundOrderInput', {
      idempotencyKey: crypto.randomUUID(),
      orderId,
      items: [{ productId: history.favouriteProduct, quantity: 1 }],
    })
    await change('orders', staff, 'refundOrder', 'RefundOrderInput', {
      idempotencyKey: crypto.randomUUID(),
      orderId,
    })
  })
  write('create, change, adjust, sell out and archive a product', async () => {
    const input = {
      sku: crypto.randomUUID(),
      name: 'A new product',
      priceMinor: 100,
      currency: 'EUR',
      available: 5,
    }
    const { product } = await change(
      'products',
      staff,
      'createProduct',
      'CreateProductInput',
      input,
      '... on CreateProductSuccess { product { id } }',
    )
    const productId = String(product.id)
    await change('products', staff, 'updateProduct', 'UpdateProductInput', {
      productId,
      name: 'Another product',
      priceMinor: 200,
    })
    await change('products', staff, 'adjustStock', 'AdjustStockInput', {
      productId,
      delta: -5,
      reason: 'count',
      idempotencyKey: crypto.randomUUID(),
    })
    await change('products', staff, 'adjustStock', 'AdjustStockInput', {
      productId,
      delta: 1,
      reason: 'count',
    })
    await change('products', staff, 'archiveProduct', 'ArchiveProductInput', { productId })
  })
  const register = async (email: string) => {
    const input = { email, password, name: 'Ada' }
    const { user } = await change(
      'users',
      staff,
      'register',
      'RegisterInput',
      input,
      '... on Session { user { id } }',
    )
    return userOf(String(user.id))
  }
  write('register, sign in, refresh and sign out', async () => {
    const email = `${crypto.randomUUID()}@example.com`
    const session = '... on Session { refreshToken user { id } }'
    const own = await register(email)
    const { refreshToken } = await change('users', staff, 'login', 'LoginInput', { email, password }, session)
    const next = await change(
      'users',
      staff,
      'refreshSession',
      'RefreshSessionInput',
      { refreshToken, idempotencyKey: crypto.randomUUID() },
      session,
    )
    await change('users', staff, 'logout', 'LogoutInput', { refreshToken: String(next.refreshToken) })
    await change('users', own, 'updateMe', 'UpdateMeInput', { name: 'Grace' })
    await change('users', own, 'addAddress', 'AddAddressInput', { address })
    await change('users', own, 'changePassword', 'ChangePasswordInput', {
      currentPassword: password,
      newPassword: `${password} too`,
    })
    await change('users', own, 'requestPasswordReset', 'RequestPasswordResetInput', { email })
    await waitUntil('the requests for a new password are answered', async () => {
      const [row] = await readRows<{ readonly count: number }>(
        databaseUrls.users,
        'select count(*)::int as count from password_reset_requests',
      )
      return row?.count === 0
    })
    // n.b. the token itself is nowhere but in the e-mail
    const tokenFor = async (purpose: string) => {
      const token = crypto.randomUUID()
      const hash = createHash('sha256').update(token).digest('base64url')
      const replace = 'update one_time_tokens set hash = $1 where user_id = $2 and purpose = $3'
      await readRows(databaseUrls.users, replace, [hash, own.id, purpose])
      return token
    }
    await ask('users', own, 'mutation { requestEmailVerification { __typename } }')
    await change('users', own, 'verifyEmail', 'VerifyEmailInput', {
      token: await tokenFor('email-verification'),
    })
    await change('users', own, 'resetPassword', 'ResetPasswordInput', {
      token: await tokenFor('password-reset'),
      newPassword: `${password} again`,
    })
    await change('users', own, 'logoutEverywhere', 'LogoutEverywhereInput', { exceptThis: false })
  })
  write('switch codes on, sign in with them, and switch them off', async () => {
    const email = `${crypto.randomUUID()}@example.com`
    const own = await register(email)
    const switchOn = async (): Promise<readonly string[]> => {
      const secret = '... on EnableTotpSuccess { secret }'
      const given = await change('users', own, 'enableTotp', 'EnableTotpInput', { password }, secret)
      const code = codeFor(String(given.secret))
      const codes = '... on ConfirmTotpSuccess { recoveryCodes }'
      return (await change('users', own, 'confirmTotp', 'ConfirmTotpInput', { code }, codes)).recoveryCodes
    }
    const [first, second] = await switchOn()
    const challenged = '... on TotpRequired { challenge }'
    const { challenge } = await change('users', staff, 'login', 'LoginInput', { email, password }, challenged)
    await change('users', staff, 'completeLogin', 'CompleteLoginInput', { challenge, code: first })
    await change('users', own, 'disableTotp', 'DisableTotpInput', { password, code: second })
    const [code] = await switchOn()
    await change('users', own, 'renewRecoveryCodes', 'RenewRecoveryCodesInput', { password, code })
    await change('users', staff, 'removeTotp', 'RemoveTotpInput', { userId: own.id })
  })
  write('change the role of a user', () =>
    change('users', staff, 'setUserRole', 'SetUserRoleInput', { userId: ordinary, role: 'CUSTOMER' }),
  )
  write('mark notifications as read', () =>
    change('notifications', userOf(favourite), 'markNotificationsRead', 'MarkNotificationsReadInput', {
      ids: [idOf('notification', 0, 1)],
    }),
  )
  write('choose not to get e-mails', () =>
    change(
      'notifications',
      userOf(ordinary),
      'updateNotificationPreferences',
      'UpdateNotificationPreferencesInput',
      { channel: 'EMAIL', enabled: true },
    ),
  )

  const watches: Case[] = []
  const watch = (
    name: string,
    viewer: Viewer,
    query: string,
    then: (first: Promise<unknown>) => Promise<void> = async () => {},
  ) =>
    watches.push({
      name,
      isPage: false,
      run: async () => {
        const identity = await gateway.sign('notifications', viewer)
        const client = createClient({
          url: urlOf('notifications').replace('http', 'ws'),
          webSocketImpl: WebSocket,
          retryAttempts: 0,
        })
        const news = client.iterate({ query, extensions: { identity } })
        try {
          const first = news.next()
          await then(first)
          const { value } = await first
          if (value?.errors !== undefined) throw new Error(`${name}: ${JSON.stringify(value.errors)}`)
        } finally {
          await client.dispose()
        }
      },
    })
  const lately = history.orderAt(history.orderCount - 30)
  const owner = userOf(history.customerId(lately.customer))
  watch(
    'changes of an order',
    owner,
    `subscription { orderUpdated(orderId: "${lately.id}", afterVersion: 1) { version } }`,
  )
  watch('the state of an order', owner, `subscription { orderUpdated(orderId: "${lately.id}") { version } }`)
  watch(
    'stock',
    staff,
    `subscription { productStockChanged(productIds: ["${history.favouriteProduct}"]) { available } }`,
  )
  watch(
    'notifications',
    userOf(favourite),
    `subscription { notificationAdded(after: "${encodeCursor([1])}") { cursor } }`,
  )
  // n.b. an order that is placed before the subscription has begun is no news
  watch('orders as they are placed', staff, 'subscription { orderPlaced { eventId } }', async first => {
    let isTold = false
    void first.then(() => {
      isTold = true
    })
    await waitUntil('an order is told', async () => {
      await placed()
      return isTold
    })
  })

  return { reads: cases, writes, watches, stop: () => dispatcher.close() }
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

const cursorAt = async (
  url: string,
  sort: string,
  column: string,
  direction: string,
  place: number,
): Promise<string> => {
  const [found] = await readRows<{ readonly key: unknown; readonly id: string }>(
    url,
    `select ${column === 'price_minor' ? 'price_minor::float8' : column} as key, id from products
     where archived_at is null order by ${column} ${direction}, id ${direction} offset $1 limit 1`,
    [Math.floor(place)],
  )
  const key = found?.key instanceof Date ? found.key.toISOString() : found?.key
  if (typeof key !== 'string' && typeof key !== 'number') throw new Error('there are too few products')
  return encodeCursor([sort, key, found?.id ?? ''])
}

/** The word of most names, a word of one product, a sku, and the smallest category that fills a page. */
const wordsOf = async (url: string): Promise<readonly string[]> => {
  const [found] = await readRows<{
    readonly common: string
    readonly rare: string
    readonly sku: string
    readonly category: string
  }>(
    url,
    `select (select word from search_words where word ~ '^[a-z]{5,}$' and uses < (select count(*) from products) / 2
         order by uses desc, word limit 1) as common,
       (select word from search_words where word ~ '^[a-z]{7,}$' and uses between 1 and 3 order by uses, word limit 1) as rare,
       (select sku from products order by id limit 1) as sku,
       (select category from products group by category having count(*) > $1 order by count(*), category limit 1) as category`,
    [aPage],
  )
  return found === undefined ? [] : [found.common, found.rare, found.sku, found.category]
}

const soldOutProduct = async (url: string): Promise<string> => {
  const [found] = await readRows<{ readonly id: string }>(
    url,
    'select product_id as id from sold_out_products order by product_id limit 1',
  )
  if (found === undefined) throw new Error('no product is sold out')
  return found.id
}
