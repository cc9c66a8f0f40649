/** What packets from one address to another go through. */
export type Path = {
  readonly delayMs: number
  /** By how much a packet may take less or more. */
  readonly jitterMs: number
  /** The share of packets that get lost. */
  readonly loss: number
  /** Whether every packet gets lost. */
  readonly isCut: boolean
}

export const clearPath: Path = { delayMs: 0, jitterMs: 0, loss: 0, isCut: false }

/** What the hub is started with: the UDP port of each device and those of the hub's own, and which addresses each device has. */
export type HubSettings = {
  readonly devices: readonly {
    readonly port: number
    readonly hubPort: number
    readonly addresses: readonly string[]
  }[]
}

/** Tells the hub about one direction between two addresses. */
export type PathChange = { readonly from: string; readonly to: string; readonly path: Path }

/** What the hub has done with packets so far. */
export type PacketCounts = { readonly forwarded: number; readonly lost: number }
