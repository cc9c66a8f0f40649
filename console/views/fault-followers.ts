import { broker } from '@supergraph/runtime/faults/fault.ts'

const forgottenAfterMs = 3_000

type Follower = { readonly service: string; readonly knows: string; readonly atMs: number }

/** The processes elsewhere that have the faults of this console, as long as they ask for them. */
export const createFollowers = () => {
  const followers = new Map<string, Follower>()
  return {
    /** Notes that a process of a service asks, and which version of the faults it knows. */
    note: (service: string, process: string, knows: string): void => {
      followers.set(`${service} ${process}`, { service, knows, atMs: Date.now() })
    },
    /** For each process of the service, or of all services for the broker, whether it knows this version. */
    whetherKnown: (on: string, version: number): readonly boolean[] => {
      for (const [id, { atMs }] of followers) if (Date.now() - atMs > forgottenAfterMs) followers.delete(id)
      return [...followers.values()]
        .filter(({ service }) => on === broker || service === on)
        .map(({ knows }) => knows === String(version))
    },
  }
}
