import {
  type AccessRows,
  address,
  everybody,
  member,
  nobody,
  type OpenFields,
  ownerAndStaff,
  ownerOnly,
  personal,
  signedIn,
  staffOnly,
} from '../../../testbed/access.ts'

/** Who gets which root field of this subgraph, and which field that not every reader of its object may read. */
export const rows: AccessRows = {
  'Query.me': {
    ask: () => '{ me { id } }',
    at: ['me'],
    expected: { ...everybody, anonymous: 'hidden', service: 'hidden' },
  },
  'Query.user': {
    ask: ({ userId }) => `{ user(id: "${userId}") { id } }`,
    at: ['user'],
    expected: ownerAndStaff,
  },
  'Query.users': {
    ask: () => '{ users(first: 1) { edges { node { id } } } }',
    at: ['users'],
    expected: staffOnly,
  },
  'Mutation.register': {
    ask: () =>
      `mutation { register(input: { email: "x@example.com", password: "short", name: "X" }) { ${member} } }`,
    at: ['register'],
    expected: everybody,
  },
  'Mutation.login': {
    ask: () => `mutation { login(input: { email: "nobody@example.com", password: "wrong" }) { ${member} } }`,
    at: ['login'],
    expected: everybody,
  },
  'Mutation.refreshSession': {
    ask: () => `mutation { refreshSession(input: { refreshToken: "unknown" }) { ${member} } }`,
    at: ['refreshSession'],
    expected: everybody,
  },
  'Mutation.logout': {
    ask: () => 'mutation { logout(input: { refreshToken: "unknown" }) { __typename } }',
    at: ['logout'],
    expected: everybody,
  },
  'Mutation.logoutEverywhere': {
    ask: () => 'mutation { logoutEverywhere(input: { exceptThis: true }) { __typename } }',
    at: ['logoutEverywhere'],
    expected: signedIn,
  },
  'Mutation.changePassword': {
    ask: () =>
      `mutation { changePassword(input: { currentPassword: "wrong", newPassword: "a very long one" }) { ${member} } }`,
    at: ['changePassword'],
    expected: signedIn,
  },
  'Mutation.requestPasswordReset': {
    ask: () =>
      `mutation { requestPasswordReset(input: { email: "nobody@example.com" }) { __typename ... on RequestPasswordResetSuccess { message } } }`,
    at: ['requestPasswordReset'],
    expected: everybody,
  },
  'Mutation.resetPassword': {
    ask: () =>
      `mutation { resetPassword(input: { token: "unknown", newPassword: "a very long one" }) { ${member} } }`,
    at: ['resetPassword'],
    expected: everybody,
  },
  'Mutation.updateMe': {
    ask: () => `mutation { updateMe(input: {}) { ${member} } }`,
    at: ['updateMe'],
    expected: signedIn,
  },
  'Mutation.addAddress': {
    ask: () => `mutation { addAddress(input: { address: ${address.replace('DE', 'XX')} }) { ${member} } }`,
    at: ['addAddress'],
    expected: signedIn,
  },
  'Mutation.updateAddress': {
    ask: ({ keptAddressId }) =>
      `mutation { updateAddress(input: { addressId: "${keptAddressId}", address: ${address} }) { ${member} } }`,
    at: ['updateAddress'],
    expected: { ...ownerOnly, service: 'refused' },
  },
  'Mutation.removeAddress': {
    ask: ({ removedAddressId }) =>
      `mutation { removeAddress(input: { addressId: "${removedAddressId}" }) { ${member} } }`,
    at: ['removeAddress'],
    expected: { ...ownerOnly, service: 'refused' },
  },
  'Mutation.setUserRole': {
    ask: ({ nobodysId }) =>
      `mutation { setUserRole(input: { userId: "${nobodysId}", role: STAFF }) { ${member} } }`,
    at: ['setUserRole'],
    expected: { ...nobody, admin: 'hidden' },
  },
  'User.email': personal('email'),
  'User.addresses': personal('addresses { id }', 'addresses'),
}

/** The other fields of this subgraph: whoever may read the object may read them. */
export const openFields: OpenFields = {
  AddAddressSuccess: 'address user',
  Address: 'id name line1 line2 city postalCode country',
  AddressNotFound: 'message',
  ChangePasswordSuccess: 'user endedSessions',
  EmailTaken: 'message',
  InvalidCredentials: 'message',
  InvalidInput: 'message field',
  InvalidRefreshToken: 'message',
  InvalidToken: 'message',
  LastAdmin: 'message',
  LogoutEverywhereSuccess: 'endedSessions',
  LogoutSuccess: 'endedSessions',
  PageInfo: 'hasNextPage endCursor',
  RemoveAddressSuccess: 'user',
  RequestPasswordResetSuccess: 'message',
  Session: 'accessToken refreshToken expiresAt user',
  SetUserRoleSuccess: 'user',
  TooManyAttempts: 'message retryAfterSeconds',
  UpdateAddressSuccess: 'address user',
  UpdateMeSuccess: 'user',
  User: 'id name role createdAt',
  UserNotFound: 'message',
  WeakPassword: 'message',
}
