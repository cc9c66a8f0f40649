export type { AnyDocument } from './document-text.ts'
export type { Lock } from './lock.ts'
export { decimalsOf, formatMoney } from './money.ts'
export type { Answer, AnyVariables, OperationDocument } from './operation.ts'
export type { OperationText } from './operation-text.ts'
export type { ParsedDocument } from './parsed-document.ts'
export type { Cursor, WatchEvent } from './position.ts'
export type {
  CompleteLoginInput,
  LoginInput,
  RegisterInput,
  Session,
  SessionUser,
  SignInRefusal,
  SignInResult,
} from './session.ts'
export {
  createShopClient,
  type ShopClient,
  type ShopClientOptions,
  type UserListener,
} from './shop-client.ts'
export { type OperationError, ShopError } from './shop-error.ts'
export { createMemoryStore, createWebStore, type Store, type WebStorage } from './store.ts'
export type { NotificationAdded, NotificationAddedData, OrderUpdate, OrderUpdatedData } from './streams.ts'
export type { Watch, WatchListeners, WatchOptions, WatchState } from './watch.ts'
