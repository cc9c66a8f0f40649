import { originOf } from '@supergraph/runtime/http.ts'
import type { ServiceName } from '../services.ts'
import { portSettingOf, type Settings, urlSettingOf } from './settings.ts'

/**
 * Where a service answers or will answer, in this process or in another one, such as `http://127.0.0.1:4002`; the places of
 * several replicas are separated by commas.
 */
export const addressOf = (settings: Settings, service: ServiceName): string => {
  const elsewhere = settings[urlSettingOf(service)]
  return elsewhere === undefined
    ? originOf(settings.HOST, settings[portSettingOf(service)])
    : elsewhere
        .split(',')
        .map(url => new URL(url).origin)
        .join(',')
}

/** Where the mailbox takes e-mail. */
export const smtpAddressOf = (settings: Settings): string =>
  `smtp://${new URL(addressOf(settings, 'mailbox')).hostname}:${settings.MAILBOX_SMTP_PORT}`
