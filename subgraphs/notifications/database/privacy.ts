import { messagingPrivacy } from '@supergraph/messaging/privacy.ts'
import {
  type DatabasePrivacy,
  migrationsPrivacy,
  personal,
  personalUnexported,
  throttlePrivacy,
} from '@supergraph/postgres/privacy.ts'

const withAccount = ['as long as the account', 'deleted'] as const
const untilFarewell = [
  'as long as the account',
  'deleted once the last e-mail is sent or given up, 3 days later at most',
] as const
const quarter = ['90 days', 'deleted'] as const

/** What the database of notifications tells of people. */
export const privacy: DatabasePrivacy = {
  ...migrationsPrivacy,
  ...messagingPrivacy('deleted'),
  ...throttlePrivacy,
  recipients: {
    personal: {
      email: personalUnexported('the e-mail address', ...untilFarewell),
      name: personalUnexported('the name', ...untilFarewell),
      locale: personalUnexported('the language of e-mails and notifications', ...untilFarewell),
    },
    accountIds: 'user_id',
    notPersonal: 'version',
  },
  emails: {
    personal: {
      kind: personalUnexported('what an e-mail was about', ...quarter),
      subject: personalUnexported('its subject in English', ...quarter),
      payload: personalUnexported('what it tells: an order, a reason, a sealed token', ...quarter),
      last_error: personalUnexported('why it was not sent, in the words of a mail server', ...quarter),
      created_at: personalUnexported('when its event happened', ...quarter),
      sent_at: personalUnexported('when it was sent', ...quarter),
    },
    accountIds: 'user_id',
    notPersonal: 'id event_id state attempts due_at traceparent expires_at',
  },
  notifications: {
    personal: {
      kind: personal('what a notification is about', ...quarter),
      title: personal('its title', ...quarter),
      body: personal('its text', ...quarter),
      read_at: personal('when it was read', ...quarter),
      created_at: personal('when its event happened', ...quarter),
    },
    accountIds: 'user_id',
    notPersonal: 'id seq event_id order_id stored_at',
  },
  withheld_notifications: {
    personal: {
      kind: personalUnexported('what a notification was about that nobody wanted', ...quarter),
      created_at: personalUnexported('when its event happened', ...quarter),
    },
    accountIds: 'user_id',
    notPersonal: 'event_id order_id',
  },
  preferences: {
    personal: { enabled: personal('whether a channel is on', ...withAccount) },
    accountIds: 'user_id',
    notPersonal: 'channel',
  },
  deleted_users: { accountIds: 'user_id', notPersonal: 'deleted_at forgotten_at' },
  user_counters: { accountIds: 'user_id', notPersonal: 'last_seq' },
  order_updates: {
    accountIds: 'customer_id',
    notPersonal: 'order_id version type event_id occurred_at stored_at stored_in follows_pruned',
  },
  product_stock: { notPersonal: 'product_id available version occurred_at' },
}
