export { clearCacheOnUserChange, createApolloLink } from './apollo-link.ts'
export { possibleTypes } from './generated/possible-types.ts'
