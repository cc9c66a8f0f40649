import { createIdentityKeys } from '@supergraph/runtime/identity-keys.ts'
import { createSealingKey } from '@supergraph/runtime/sealed.ts'
import { expect, it } from 'vitest'
import { readEnvironment } from './environment.ts'

const { issuers } = await createIdentityKeys(['gateway', 'orders'])
const read = (variables: Readonly<Record<string, string>>) =>
  readEnvironment({
    DATABASE_URL: 'postgres://notifications@127.0.0.1/notifications',
    IDENTITY_ISSUERS: issuers,
    LINK_KEYS: createSealingKey(),
    ...variables,
  })
const mail = { SMTP_URL: 'smtps://u:p@mail.shop.example', SHOP_URL: 'https://shop.example' }

it('takes a sender with a name and without', () => {
  expect(read({ MAIL_FROM: 'The Shop <hello@shop.example>' }).MAIL_FROM).toEqual({
    name: 'The Shop',
    address: 'hello@shop.example',
  })
  expect(read({ MAIL_FROM: 'hello@shop.example' }).MAIL_FROM).toEqual({
    name: '',
    address: 'hello@shop.example',
  })
  expect(read({ MAIL_FROM: '<hello@shop.example>' }).MAIL_FROM.address).toBe('hello@shop.example')
})

it.each([
  'The Shop',
  'a@b.example, c@d.example',
  'a@b.example\r\nBcc: c@d.example',
  'X <a@b.example> Y',
  'X\n<a@b.example>',
])('refuses to send from %j', MAIL_FROM => {
  expect(() => read({ MAIL_FROM })).toThrow('MAIL_FROM is not usable: put an e-mail address there')
})

it('sends to the development mailbox if no mail server is set, and in production names the settings that are missing', () => {
  expect(read({ SMTP_URL: '' })).toMatchObject({ SMTP_URL: 'smtp://127.0.0.1:4025' })
  const production = { NODE_ENV: 'production' }
  for (const setting of ['SMTP_URL', 'MAIL_FROM', 'SHOP_URL'])
    expect(() => read(production)).toThrow(`${setting} is not set: put`)
  expect(read({ ...production, ...mail, MAIL_FROM: 'hello@shop.example' })).toMatchObject(mail)
})
