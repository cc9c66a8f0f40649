import { describe, expect, it } from 'vitest'
import { createOrderEmail, createWelcomeEmail, type EmailContent, emailContent } from '../domain/email.ts'
import { readLanguages } from '../languages/languages.ts'
import { layOutHtml, layOutText } from './layout.ts'
import { type LetterContent, writeLetter } from './letter.ts'

const languages = readLanguages()
const shopUrl = 'https://shop.example'
const order = {
  orderId: '019b8a3e-0000-7000-8000-000000000002',
  number: '100001',
  total: { amountMinor: 4_990, currency: 'EUR' },
}
const contents: readonly EmailContent[] = [
  { kind: 'WELCOME' },
  { kind: 'PASSWORD_RESET', sealedToken: 'sealed' },
  { kind: 'EMAIL_VERIFICATION', sealedToken: 'sealed', address: 'ada@example.com' },
  { kind: 'EMAIL_CHANGE', sealedToken: 'sealed', address: 'ada@example.com' },
  { kind: 'EMAIL_CHANGE_UNDO', sealedToken: 'sealed', address: 'ada@example.com' },
  { kind: 'ACCOUNT_DELETION', dueAt: '2026-03-08T09:30:00.000Z' },
  { kind: 'TOTP_ENABLED', recoveryCodesLeft: 10 },
  { kind: 'TOTP_DISABLED', recoveryCodesLeft: 0 },
  { kind: 'RECOVERY_CODE_USED', recoveryCodesLeft: 7 },
  { kind: 'RECOVERY_CODES_RENEWED', recoveryCodesLeft: 10 },
  { kind: 'ACCOUNT_KEPT' },
  { kind: 'ACCOUNT_DELETED' },
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
  'sealedToken' in content ? { kind: content.kind, token: content.sealedToken } : content

const pathOf: Readonly<Partial<Record<EmailContent['kind'], string>>> = {
  WELCOME: '',
  ACCOUNT_DELETION: '',
  TOTP_ENABLED: '',
  TOTP_DISABLED: '',
  RECOVERY_CODE_USED: '',
  RECOVERY_CODES_RENEWED: '',
  ACCOUNT_KEPT: '',
  ACCOUNT_DELETED: '',
  PASSWORD_RESET: '/reset-password#token=sealed',
  EMAIL_VERIFICATION: '/verify-email#token=sealed',
  EMAIL_CHANGE: '/confirm-email-change#token=sealed',
  EMAIL_CHANGE_UNDO: '/undo-email-change#token=sealed',
}

const write = (content: EmailContent, name = 'Ada', locale = 'en') => {
  const language = languages.of(locale)
  const letter = writeLetter(opened(content), language, shopUrl)
  return {
    text: layOutText(letter, { language, name }),
    html: layOutHtml(letter, { language, name }),
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
      ([key, value]) => typeof value === 'string' && !['kind', 'orderId', 'dueAt'].includes(key),
    )
    const changed = { ...content, ...Object.fromEntries(strings.map(([key]) => [key, evil])) }
    const { html, text } = write(emailContent.parse(changed), evil)
    expect(html).not.toContain('<b ')
    expect(html).toContain('&#60;b onclick=&#34;x&#34;&#62;&#38;&#39;')
    expect(text).toContain(evil)
  })
})

it.each(languages.tags.filter(tag => tag !== 'en'))('is written in %s with no English sentence left', tag => {
  for (const content of contents.filter(({ kind }) => kind !== 'ORDER_REJECTED')) {
    const [english, other] = [write(content), write(content, 'Ada', tag)]
    const lines = new Set(english.text.split(/\n+/).filter(line => !/JD014600|DHL|http/.test(line)))
    expect(other.text.split('\n').filter(line => lines.has(line))).toEqual([])
    expect(other.html).toContain(`<html lang="${tag}">`)
  }
})

it.each([
  ['de', 'JPY', '1.500 ¥'],
  ['de', 'EUR', '15,00 €'],
  ['de', 'KWD', '1,500 KWD'],
  ['de-AT', 'EUR', '€ 15,00'],
  ['de-CH', 'CHF', 'CHF 15.00'],
  ['en-IN', 'INR', '₹15.00'],
  ['fr', 'EUR', '€15.00'],
])('writes amounts as %s does, in %s', (locale, currency, amount) => {
  const total = { amountMinor: 1_500, currency }
  const { text } = write({ ...order, kind: 'ORDER_DELIVERED', total }, 'Ada', locale)
  expect(text.replaceAll(/[\u00a0\u202f]/g, ' ')).toContain(`: ${amount}\n`)
})

it.each([
  ['OutOfStock', 'Nicht alles ist in der bestellten Menge auf Lager.'],
  ['amount_too_small', 'Der Gesamtbetrag ist zu klein für eine Zahlung: Bitte bestellen Sie mehr.'],
  ['SomethingNew', 'told in English'],
  [undefined, 'told in English'],
])('tells in German why an order was rejected: %s', (refusal, sentence) => {
  const { text } = write(
    { ...order, kind: 'ORDER_REJECTED', reason: 'told in English', refusal },
    'Ada',
    'de',
  )
  expect(text).toContain(`\n${sentence}\n`)
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

it.each([
  ['EMAIL_VERIFICATION', /once, within 24 hours/, /If it was not you, do nothing/],
  ['EMAIL_CHANGE', /once, within 60 minutes/, /If it was not you, do nothing/],
  ['EMAIL_CHANGE_UNDO', /undone from here for 7 days/, /If it was not you, take your account back/],
] as const)('says in %s how long its link works, and what to do if it was somebody else', (kind, ...parts) => {
  for (const body of bodiesOf(kind)) {
    for (const part of parts) expect(body).toMatch(part)
    expect(body).not.toContain('You can switch these e-mails off')
  }
})

it.each([
  ['TOTP_ENABLED', /after the password[\s\S]*left: 10\./],
  ['TOTP_DISABLED', /the password alone is enough/],
  ['RECOVERY_CODE_USED', /works no more[\s\S]*left: 7\./],
  ['RECOVERY_CODES_RENEWED', /Those of before work no more[\s\S]*left: 10\./],
] as const)('says in %s what was changed, what to do if it was somebody else, and not that it can be switched off', (kind, what) => {
  for (const body of bodiesOf(kind)) {
    expect(body).toMatch(what)
    expect(body).toMatch(/If it was not you[\s\S]*about the safety of your account/)
    expect(body).not.toMatch(/switch these e-mails off|Recovery codes that are left: 0/)
  }
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

it.each([
  ['en', 'March 8, 2026 at 9:30:00 AM UTC'],
  ['en-GB', '8 March 2026 at 09:30:00 UTC'],
  ['de', '8. März 2026 um 09:30:00 UTC'],
])('says in %s until when a deletion can be cancelled', (locale, moment) => {
  const { text } = write({ kind: 'ACCOUNT_DELETION', dueAt: '2026-03-08T09:30:00.000Z' }, 'Ada', locale)
  expect(text.replaceAll(/[\u00a0\u202f]/g, ' ')).toContain(` ${moment}.`)
})

it('leads to the order wherever the shop is, however its address ends', () => {
  const { link } = writeLetter(
    { ...order, kind: 'ORDER_DELIVERED' },
    languages.of('en'),
    'https://shop.example/eu/',
  )
  expect(link.url).toBe(`https://shop.example/eu/orders/${order.orderId}`)
})

it('gives the e-mail of an event and a user the same id each time, and others another', () => {
  const event = { id: '019b8a3e-0000-7000-8000-000000000001', time: '2026-03-01T09:30:00.000Z' }
  const customerId = '019b8a3e-0000-7000-8000-000000000003'
  const news = { ...order, customerId, kind: 'ORDER_DELIVERED' } as const
  const email = createOrderEmail(event, news, languages.of('en'))
  expect(email).toEqual(createOrderEmail(event, news, languages.of('en')))
  expect(email).toMatchObject({ subject: 'Order 100001 has arrived', content: { number: '100001' } })
  expect(email.content).not.toHaveProperty('customerId')
  const others = [
    createOrderEmail(event, { ...news, customerId: order.orderId }, languages.of('en')),
    createOrderEmail({ ...event, id: customerId }, news, languages.of('en')),
  ]
  expect(new Set([email, ...others].map(({ id }) => id)).size).toBe(3)
  expect(createWelcomeEmail(event, customerId).createdAt).toEqual(new Date(event.time))
})
