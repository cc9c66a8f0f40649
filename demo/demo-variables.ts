import { demoOrderId, demoProductId, demoUserId } from './demo-shop.ts'

/** Stands in variables where a client makes a key of its own each time. */
export const newKey = '$NEW_KEY'

const mug = demoProductId('MUG-STONE-350')
const confirmedOrder = demoOrderId('2026-11-02T10:20:00.000Z')
const shippedOrder = demoOrderId('2026-10-16T17:33:00.000Z')
const toBeFilledIn = '…'
const address = {
  name: 'Ada Lovelace',
  line1: "12 St James's Square",
  city: 'London',
  postalCode: 'SW1Y 4LB',
  country: 'GB',
}

/** Variables with which the recorded operations work in the demo shop, by the operation's name. */
export const demoVariables: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  AddAddress: { input: { address } },
  AdjustStock: {
    input: { productId: mug, delta: 12, reason: 'a delivery', idempotencyKey: newKey },
  },
  ArchiveProduct: { input: { productId: mug } },
  AuditLog: { first: 50 },
  BestSellers: { first: 10 },
  CancelOrder: { input: { orderId: confirmedOrder, reason: 'ordered twice' } },
  Catalogue: { first: 24, filter: { search: 'mug', inStock: true }, sort: 'PRICE_ASC' },
  CompleteLogin: { input: { challenge: toBeFilledIn, code: toBeFilledIn } },
  ConfirmEmailChange: { input: { token: toBeFilledIn } },
  ConfirmTotp: { input: { code: toBeFilledIn } },
  ConsoleOrder: { id: confirmedOrder },
  ChangePassword: { input: { currentPassword: toBeFilledIn, newPassword: toBeFilledIn } },
  ContinuePayment: { input: { orderId: confirmedOrder } },
  CreateProduct: {
    input: {
      sku: 'TEAPOT-STONE-900',
      name: 'Stoneware teapot',
      priceMinor: 4_200,
      currency: 'EUR',
      available: 24,
    },
  },
  ExportNotifications: {},
  ExportOrders: {},
  DeleteMe: { input: { password: toBeFilledIn } },
  DeliverOrder: { input: { orderId: shippedOrder } },
  DisableTotp: { input: { password: toBeFilledIn, code: toBeFilledIn } },
  EnableTotp: { input: { password: toBeFilledIn } },
  EndSession: { input: { sessionId: toBeFilledIn } },
  Login: { input: { email: 'ada@example.com', password: toBeFilledIn } },
  Logout: { input: { refreshToken: toBeFilledIn } },
  LogoutEverywhere: { input: { exceptThis: true } },
  MarkNotificationsRead: { input: { ids: [toBeFilledIn] } },
  MyNotifications: { first: 20, unreadOnly: false },
  MyOrders: { first: 20 },
  OrderPage: { id: confirmedOrder },
  OrderUpdated: { orderId: confirmedOrder },
  PlaceOrder: {
    input: {
      idempotencyKey: newKey,
      items: [{ productId: mug, quantity: 2 }],
      paymentMethod: 'pm_card_visa',
      shippingAddress: address,
    },
  },
  ProductPage: { id: mug },
  ProductStockChanged: { productIds: [mug] },
  RefreshSession: { input: { refreshToken: toBeFilledIn } },
  RefundOrder: { input: { idempotencyKey: newKey, orderId: shippedOrder, reason: 'arrived broken' } },
  Register: { input: { email: 'you@example.com', password: toBeFilledIn, name: 'You' } },
  RemoveAddress: { input: { addressId: toBeFilledIn } },
  RemoveTotp: { input: { userId: demoUserId('grace@example.com'), reason: 'lost the phone' } },
  RenewRecoveryCodes: { input: { password: toBeFilledIn, code: toBeFilledIn } },
  RequestEmailChange: { input: { newEmail: 'ada@new.example.com', password: toBeFilledIn } },
  RequestPasswordReset: { input: { email: 'ada@example.com' } },
  ResetPassword: { input: { token: toBeFilledIn, newPassword: toBeFilledIn } },
  RetryOrder: { input: { orderId: confirmedOrder } },
  SalesSummary: { from: '2026-01-01', to: '2026-12-31' },
  SetUserRole: { input: { userId: demoUserId('grace@example.com'), role: 'STAFF' } },
  ShipOrder: { input: { orderId: confirmedOrder, carrier: 'DHL', trackingNumber: '00340434161094015902' } },
  StaffOrders: { first: 50, filter: { status: 'CONFIRMED' } },
  StaffUsers: { first: 50 },
  UndoEmailChange: { input: { token: toBeFilledIn } },
  UpdateAddress: { input: { addressId: toBeFilledIn, address } },
  UpdateMe: { input: { name: 'Ada King' } },
  UpdateNotificationPreferences: { input: { channel: 'EMAIL', enabled: false } },
  UpdateProduct: { input: { productId: mug, priceMinor: 1_900 } },
  VerifyEmail: { input: { token: toBeFilledIn } },
  WatchOrder: { orderId: confirmedOrder },
}
