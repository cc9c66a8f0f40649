import { EnvironmentError } from '@supergraph/runtime/environment.ts'
import type { Settings } from './settings.ts'

/** Whether e-mail goes to the mailbox; throws an EnvironmentError if a production system names no mail server. */
export const keepsMail = (
  settings: Pick<Settings, 'NODE_ENV' | 'SMTP_URL' | 'MAIL_FROM' | 'SHOP_URL'>,
): boolean => {
  if (settings.NODE_ENV !== 'production') return settings.SMTP_URL === undefined
  const missing = wanted.filter(([name]) => settings[name] === undefined)
  if (missing.length === 0) return false
  throw new EnvironmentError(
    'the supergraph',
    missing.map(([name, advice]) => `${name} is not set: put ${advice}`),
  )
}

const wanted = [
  ['SMTP_URL', 'your mail server there, such as smtp://user:password@mail.example.com:587'],
  ['MAIL_FROM', 'the sender of e-mail there, such as Shop <shop@example.com>'],
  ['SHOP_URL', 'the address of your front end there, such as https://shop.example.com'],
] as const
