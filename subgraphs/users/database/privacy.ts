import { messagingPrivacy } from '@supergraph/messaging/privacy.ts'
import {
  type DatabasePrivacy,
  migrationsPrivacy,
  personal,
  personalUnexported,
  throttlePrivacy,
} from '@supergraph/postgres/privacy.ts'

const withAccount = ['as long as the account', 'deleted'] as const
const forAudit = ['for ever: it is evidence', 'kept'] as const

/** What the database of users tells of people. */
export const privacy: DatabasePrivacy = {
  ...migrationsPrivacy,
  ...messagingPrivacy('deleted'),
  ...throttlePrivacy,
  users: {
    personal: {
      email: personal('the e-mail address, with the domain in ASCII', ...withAccount),
      shown_email: personal('the e-mail address as its owner writes it', ...withAccount),
      name: personal('the name', ...withAccount),
      locale: personal('the language of e-mails', ...withAccount),
      email_verified: personal('whether the address is known to be theirs', ...withAccount),
      role: personal('customer, staff or admin', ...withAccount),
      totp_since: personal('since when signing in asks for a code', ...withAccount),
      created_at: personal('when the account was opened', ...withAccount),
    },
    accountIds: 'id',
    notPersonal: 'version',
  },
  credentials: {
    personal: { password_hash: personalUnexported('the password, as a hash', ...withAccount) },
    accountIds: 'user_id',
    notPersonal: '',
  },
  addresses: {
    personal: {
      name: personal('a recipient', ...withAccount),
      line1: personal('a street', ...withAccount),
      line2: personal('more of a street', ...withAccount),
      city: personal('a city', ...withAccount),
      postal_code: personal('a postal code', ...withAccount),
      country: personal('a country', ...withAccount),
    },
    accountIds: 'user_id',
    notPersonal: 'id position',
  },
  sessions: {
    personal: {
      created_at: personal('when somebody signed in', '30 days after the last use', 'deleted'),
      last_used_at: personal('when the session was used last', '30 days after the last use', 'deleted'),
      network: personal('from which network somebody signed in', '30 days after the last use', 'deleted'),
      device: personal(
        'with which browser and system somebody signed in, in words of ours',
        '30 days after the last use',
        'deleted',
      ),
      ended_at: personal('when the session ended', '30 days after the last use', 'deleted'),
      end_reason: personal('why the session ended', '30 days after the last use', 'deleted'),
    },
    accountIds: 'user_id',
    notPersonal: 'id',
  },
  refresh_tokens: {
    personal: {
      issued_at: personalUnexported('when a session was refreshed', '30 days', 'deleted'),
      used_at: personalUnexported('when a token was used', '30 days', 'deleted'),
    },
    notPersonal: 'hash session_id expires_at successor_salt',
  },
  familiar_networks: {
    personal: {
      key: personalUnexported(
        'a hash of an e-mail address and a network from which it signed in',
        '30 days after the last sign-in from there',
        'kept for the rest of the 30 days: it can be found only with both',
      ),
    },
    notPersonal: 'last_used_at',
  },
  login_attempts: { notPersonal: 'key failures last_failed_at blocked_until' },
  one_time_tokens: {
    personal: {
      sent_to: personalUnexported(
        'to which address a link was sent',
        'until the link has expired',
        'deleted',
      ),
      shown_as: personalUnexported(
        'the same as its owner writes it',
        'until the link has expired',
        'deleted',
      ),
    },
    accountIds: 'user_id',
    notPersonal: 'hash purpose expires_at',
  },
  totp_secrets: {
    personal: {
      sealed_secret: personalUnexported(
        'the secret of an app that makes codes, sealed under TOTP_KEYS',
        'until it is switched off',
        'deleted',
      ),
      used_step: personalUnexported('when a code of the app was used', 'until it is switched off', 'deleted'),
    },
    accountIds: 'user_id',
    notPersonal: '',
  },
  recovery_codes: {
    personal: {
      hash: personalUnexported('recovery codes, as hashes', 'until they are used or replaced', 'deleted'),
    },
    accountIds: 'user_id',
    notPersonal: '',
  },
  login_challenges: { accountIds: 'user_id', notPersonal: 'hash expires_at' },
  email_change_undos: {
    personal: {
      email: personal('an earlier e-mail address', '7 days', 'deleted'),
      shown_email: personal('the same as its owner writes it', '7 days', 'deleted'),
    },
    accountIds: 'user_id',
    notPersonal: 'hash expires_at',
  },
  password_reset_requests: {
    personal: {
      email: personalUnexported('for which address a new password is wanted', '10 s', 'deleted'),
      requested_at: personalUnexported('when a new password was wanted', '10 s', 'deleted'),
    },
    notPersonal: 'id traceparent',
  },
  account_deletions: {
    accountIds: 'user_id',
    notPersonal: 'requested_at due_at carried_out_at orders_forgot_at notifications_forgot_at',
  },
  signing_keys: { notPersonal: 'kid private_jwk public_jwk created_at' },
  audit_entries: {
    personal: {
      client_address: personalUnexported('from where a member of staff acted', ...forAudit),
      reason: personalUnexported('why, as a member of staff wrote it', ...forAudit),
    },
    accountIds: 'actor_id about_id',
    notPersonal: 'id event_id at session_id act about_kind before after',
  },
}
