import { type CallableSubgraph, type Policy, withHeader } from '../call.ts'

/** Sends an identity token for the viewer, made for this subgraph alone. */
export const withIdentity =
  ({ service, signer, isToldClientAddress }: CallableSubgraph): Policy =>
  next =>
  async call => {
    const { viewer, clientAddress } = call.context
    const token = await signer.sign(service, viewer, isToldClientAddress ? clientAddress : undefined)
    return next(withHeader(call, 'authorization', `Bearer ${token}`))
  }
