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
  'Query.auditLog': {
    ask: () => '{ auditLog(first: 1) { edges { node { id } } } }',
    at: ['auditLog'],
    expected: { ...nobody, admin: 'allowed' },
  },
  'Query.accountDeletions': {
    ask: () => '{ accountDeletions { userId } }',
    at: ['accountDeletions'],
    expected: { ...nobody, admin: 'allowed' },
  },
  'Mutation.exportMyData': {
    ask: () => `mutation { exportMyData { __typename ... on ExportMyDataSuccess { url expiresAt } } }`,
    at: ['exportMyData'],
    expected: signedIn,
  },
  'Mutation.deleteMe': {
    ask: () => `mutation { deleteMe(input: { password: "wrong" }) { ${member} } }`,
    at: ['deleteMe'],
    expected: signedIn,
  },
  'Mutation.cancelDeletion': {
    ask: () => `mutation { cancelDeletion { ${member} } }`,
    at: ['cancelDeletion'],
    expected: signedIn,
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
  'Mutation.completeLogin': {
    ask: () => `mutation { completeLogin(input: { challenge: "unknown", code: "000000" }) { ${member} } }`,
    at: ['completeLogin'],
    expected: everybody,
  },
  'Mutation.enableTotp': {
    ask: () => `mutation { enableTotp(input: { password: "wrong" }) { ${member} } }`,
    at: ['enableTotp'],
    expected: signedIn,
  },
  'Mutation.confirmTotp': {
    ask: () => `mutation { confirmTotp(input: { code: "000000" }) { ${member} } }`,
    at: ['confirmTotp'],
    expected: signedIn,
  },
  'Mutation.disableTotp': {
    ask: () => `mutation { disableTotp(input: { password: "wrong", code: "000000" }) { ${member} } }`,
    at: ['disableTotp'],
    expected: signedIn,
  },
  'Mutation.renewRecoveryCodes': {
    ask: () => `mutation { renewRecoveryCodes(input: { password: "wrong", code: "000000" }) { ${member} } }`,
    at: ['renewRecoveryCodes'],
    expected: signedIn,
  },
  'Mutation.removeTotp': {
    ask: ({ nobodysId }) => `mutation { removeTotp(input: { userId: "${nobodysId}" }) { ${member} } }`,
    at: ['removeTotp'],
    expected: { ...nobody, admin: 'hidden' },
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
  'Mutation.endSession': {
    ask: ({ nobodysId }) => `mutation { endSession(input: { sessionId: "${nobodysId}" }) { __typename } }`,
    at: ['endSession'],
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
  'Mutation.requestEmailVerification': {
    ask: () => `mutation { requestEmailVerification { ${member} } }`,
    at: ['requestEmailVerification'],
    expected: signedIn,
  },
  'Mutation.verifyEmail': {
    ask: () => `mutation { verifyEmail(input: { token: "unknown" }) { ${member} } }`,
    at: ['verifyEmail'],
    expected: everybody,
  },
  'Mutation.requestEmailChange': {
    ask: () =>
      `mutation { requestEmailChange(input: { newEmail: "x@example.com", password: "wrong" }) { ${member} } }`,
    at: ['requestEmailChange'],
    expected: signedIn,
  },
  'Mutation.confirmEmailChange': {
    ask: () => `mutation { confirmEmailChange(input: { token: "unknown" }) { ${member} } }`,
    at: ['confirmEmailChange'],
    expected: everybody,
  },
  'Mutation.undoEmailChange': {
    ask: () => `mutation { undoEmailChange(input: { token: "unknown" }) { ${member} } }`,
    at: ['undoEmailChange'],
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
  'User.emailVerified': personal('emailVerified'),
  // n.b. nobody in these tests wants to be deleted
  'User.deletionDueAt': { ...personal('deletionDueAt'), expected: { ...ownerOnly, owner: 'hidden' } },
  'User.locale': personal('locale'),
  'User.totpEnabled': { ...personal('totpEnabled'), expected: { ...ownerOnly, admin: 'allowed' } },
  'User.sessions': {
    ...personal('sessions { id }', 'sessions'),
    expected: { ...ownerOnly, admin: 'allowed' },
  },
  'User.addresses': personal('addresses { id }', 'addresses'),
}

/** The other fields of this subgraph: whoever may read the object may read them. */
export const openFields: OpenFields = {
  AccountDeletion: 'userId requestedAt dueAt carriedOutAt waitsFor',
  AuditChange: 'field before after',
  AuditEntry: 'id at actor actorId sessionId clientAddress act about reason changes',
  AuditSubject: 'kind id',
  AddAddressSuccess: 'address user',
  Address: 'id name line1 line2 city postalCode country',
  AddressNotFound: 'message',
  AlreadyVerified: 'message',
  CancelDeletionSuccess: 'user',
  ChangePasswordSuccess: 'user endedSessions',
  ConfirmTotpSuccess: 'recoveryCodes user endedSessions',
  DeleteMeSuccess: 'dueAt',
  DisableTotpSuccess: 'user',
  ConfirmEmailChangeSuccess: 'user',
  EmailTaken: 'message',
  EnableTotpSuccess: 'secret uri',
  ExportMyDataSuccess: 'url expiresAt',
  EndSessionSuccess: 'endedSessions',
  InvalidChallenge: 'message',
  InvalidCode: 'message',
  InvalidCredentials: 'message',
  InvalidInput: 'message field',
  InvalidRefreshToken: 'message',
  InvalidToken: 'message',
  LastAdmin: 'message',
  LogoutEverywhereSuccess: 'endedSessions',
  LogoutSuccess: 'endedSessions',
  NoDeletion: 'message',
  NoTotp: 'message',
  PageInfo: 'hasNextPage endCursor',
  RemoveAddressSuccess: 'user',
  RemoveTotpSuccess: 'user',
  RenewRecoveryCodesSuccess: 'recoveryCodes',
  RequestEmailChangeSuccess: 'message',
  RequestEmailVerificationSuccess: 'user',
  RequestPasswordResetSuccess: 'message',
  Session: 'accessToken refreshToken expiresAt user',
  SetUserRoleSuccess: 'user',
  TooManyAttempts: 'message retryAfterSeconds',
  TotpAlreadyEnabled: 'message',
  TotpRequired: 'message challenge expiresAt',
  UndoEmailChangeSuccess: 'message',
  UpdateAddressSuccess: 'address user',
  UpdateMeSuccess: 'user',
  User: 'id name role createdAt',
  UserNotFound: 'message',
  UserSession: 'id network device createdAt lastSeenAt isCurrent',
  VerifyEmailSuccess: 'user',
  WeakPassword: 'message',
}
