import { describe, expect, it } from 'vitest'
import { createOrderEmail, createWelcomeEmail, type EmailContent, emailContent } from '../domain/email.ts'
import { layOutHtml, layOutText } from './layout.ts'
import { type LetterContent, writeLetter } from './letter.ts'

const shopUrl = 'https://shop.example'
const order = {
  orderId: '019b8a3e-0000-7000-8000-000000000002',
  number: '100001',
  total: { amountMinor: 4_990, currency: 'EUR' },
}
const contents: readonly EmailContent[] = [
  { kind: 'WELCOME' },
  { kind: 'PASSWORD_RESET', sealedToken: 'sealed' },
  {
    ...order,
    kind: 'ORDER_CONFIRMED',
    items: [
      { productName: 'Stoneware mug', sku: 'MUG', quantity: 2, unitPriceMinor: 1_800 },
      { productName: 'Pencils', sku: 'PEN', quantity: 1, unitPriceMinor: 1_390 },
    ],
  },
  { ...order, kind: 'ORDER_REJECTED', reason: 'The payment was declined.' },
  { ...order, kind: 'ORDER_CANCELLED', reason: 'changed my mind' },
  { ...order, kind: 'ORDER_SHIPPED', carrier: 'DHL', trackingNumber: 'JD014600' },
  { ...order, kind: 'ORDER_DELIVERED' },
  {
    ...order,
    kind: 'ORDER_REFUNDED',
    amount: { amountMinor: 1_250, currency: 'EUR' },
    isFull: false,
    reason: null,
  },
]

/** n.b. as if the token were in clear */
const opened = (content: EmailContent): LetterContent =>
  content.kind === 'PASSWORD_RESET' ? { kind: content.kind, token: content.sealedToken } : content

const pathOf: Readonly<Partial<Record<EmailContent['kind'], string>>> = {
  WELCOME: '',
  PASSWORD_RESET: '/reset-password#token=sealed',
}

const write = (content: EmailContent, name = 'Ada') => {
  const letter = writeLetter(opened(content), shopUrl)
  return {
    text: layOutText(letter, name),
    html: layOutHtml(letter, { subject: 'Subject', name }),
  }
}

const bodiesOf = (kind: EmailContent['kind'], change: object = {}) => {
  const content = contents.find(one => one.kind === kind)
  return Object.values(write(emailContent.parse({ ...content, ...change })))
}

describe.each(contents.map(content => [content.kind, content] as const))('the e-mail %s', (kind, content) => {
  it('greets its reader and leads to the shop, in text and in HTML', () => {
    for (const body of Object.values(write(content))) {
      expect(body).toContain('Hello Ada,')
      expect(body).toContain(`${shopUrl}${pathOf[kind] ?? `/orders/${order.orderId}`}`)
      if (pathOf[kind] === undefined) expect(body).toContain('€49.90')
    }
  })

  it('fetches nothing, runs nothing, and asks for no more width than a small phone has', () => {
    const { html } = write(content)
    expect(html).not.toMatch(/<(img|script|link|iframe|form)|@import|url\(/i)
    expect(html.match(/https?:[^"<]*/g)?.every(url => url.startsWith(shopUrl))).toBe(true)
    expect(html).toContain('name="viewport" content="width=device-width, initial-scale=1"')
    expect(html).not.toMatch(/(^|[^-])width: *\d+px|min-width|nowrap/)
    expect(html).toContain('overflow-wrap: anywhere')
  })

  it('shows whatever others wrote as text', () => {
    const evil = `<b onclick="x">&'`
    const strings = Object.entries(content).filter(
      ([key, value]) => typeof value === 'string' && key !== 'kind' && key !== 'orderId',
    )
    const changed = { ...content, ...Object.fromEntries(strings.map(([key]) => [key, evil])) }
    const { html, text } = write(emailContent.parse(changed), evil)
    expect(html).not.toContain('<b ')
    expect(html).toContain('&#60;b onclick=&#34;x&#34;&#62;&#38;&#39;')
    expect(text).toContain(evil)
  })
})

it('lists what was ordered, at the prices of that moment', () => {
  for (const body of bodiesOf('ORDER_CONFIRMED')) {
    for (const part of ['2 × Stoneware mug', '€36.00', '1 × Pencils', '€13.90']) expect(body).toContain(part)
  }
})

it('says how to track a shipped order, with or without a carrier', () => {
  for (const body of bodiesOf('ORDER_SHIPPED')) expect(body).toMatch(/DHL[\s\S]*JD014600/)
  for (const body of bodiesOf('ORDER_SHIPPED', { carrier: null })) {
    expect(body).toContain('JD014600')
    expect(body).not.toMatch(/Carrier|null/)
  }
})

it('says why an order was rejected or cancelled, if the reason is known', () => {
  for (const body of bodiesOf('ORDER_REJECTED')) expect(body).toContain('The payment was declined.')
  for (const body of bodiesOf('ORDER_CANCELLED')) expect(body).toContain('Reason: changed my mind')
  for (const body of bodiesOf('ORDER_CANCELLED', { reason: null })) expect(body).not.toMatch(/Reason|null/)
})

it('says how much was refunded, and whether that was all', () => {
  for (const body of bodiesOf('ORDER_REFUNDED')) expect(body).toMatch(/in part[\s\S]*€12\.50/)
  for (const body of bodiesOf('ORDER_REFUNDED', { isFull: true })) expect(body).not.toContain('in part')
})

it('says what the link does, what to do if somebody else asked for it, and not that it can be switched off', () => {
  for (const body of bodiesOf('PASSWORD_RESET')) {
    for (const part of [
      /once, within 30 minutes/,
      /signed out everywhere else/,
      /If it was not you, do nothing/,
    ])
      expect(body).toMatch(part)
    expect(body).not.toContain('You can switch these e-mails off')
  }
  for (const body of bodiesOf('WELCOME')) expect(body).toContain('You can switch these e-mails off')
})

it('leads to the order wherever the shop is, however its address ends', () => {
  const { link } = writeLetter({ ...order, kind: 'ORDER_DELIVERED' }, 'https://shop.example/eu/')
  expect(link.url).toBe(`https://shop.example/eu/orders/${order.orderId}`)
})

it('gives the e-mail of an event and a user the same id each time, and others another', () => {
  const event = { id: '019b8a3e-0000-7000-8000-000000000001', time: '2026-03-01T09:30:00.000Z' }
  const customerId = '019b8a3e-0000-7000-8000-000000000003'
  const news = { ...order, customerId, kind: 'ORDER_DELIVERED' } as const
  const email = createOrderEmail(event, news)
  expect(email).toEqual(createOrderEmail(event, news))
  expect(email).toMatchObject({ subject: 'Order 100001 has arrived', content: { number: '100001' } })
  expect(email.content).not.toHaveProperty('customerId')
  const others = [
    createOrderEmail(event, { ...news, customerId: order.orderId }),
    createOrderEmail({ ...event, id: customerId }, news),
  ]
  expect(new Set([email, ...others].map(({ id }) => id)).size).toBe(3)
  expect(createWelcomeEmail(event, customerId).createdAt).toEqual(new Date(event.time))
})
