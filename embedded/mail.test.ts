import { expect, it } from 'vitest'
import { keepsMail } from './mail.ts'
import { readSettings } from './settings.ts'

const keeps = (variables: Readonly<Record<string, string>>) => keepsMail(readSettings(variables))

it('keeps e-mail in the mailbox in development, and sends it if there is a mail server', () => {
  expect(keeps({})).toBe(true)
  expect(keeps({ SMTP_URL: '' })).toBe(true)
  expect(keeps({ SMTP_URL: 'smtp://127.0.0.1:2525' })).toBe(false)
  const own = {
    SMTP_URL: 'smtps://mail.example.com',
    MAIL_FROM: 'shop@example.com',
    SHOP_URL: 'https://example.com',
  }
  expect(keeps({ NODE_ENV: 'production', ...own })).toBe(false)
})

it('keeps no e-mail of a real shop', () => {
  for (const setting of ['SMTP_URL', 'MAIL_FROM', 'SHOP_URL'])
    expect(() => keeps({ NODE_ENV: 'production' })).toThrow(`${setting} is not set: put`)
})
