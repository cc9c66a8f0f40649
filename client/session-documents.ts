const session = '__typename ... on Session { accessToken refreshToken expiresAt user { id name role } }'
const refusal = '... on Failure { message }'

export const loginDocument = `mutation Login($input: LoginInput!) {
  login(input: $input) { ${session} ... on TooManyAttempts { retryAfterSeconds } ${refusal} }
}`

export const registerDocument = `mutation Register($input: RegisterInput!) {
  register(input: $input) { ${session} ${refusal} }
}`

export const refreshDocument = `mutation RefreshSession($input: RefreshSessionInput!) {
  refreshSession(input: $input) { ${session} ${refusal} }
}`

export const logoutDocument = `mutation Logout($input: LogoutInput!) {
  logout(input: $input) { __typename }
}`
