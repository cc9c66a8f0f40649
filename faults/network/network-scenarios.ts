import { clearPath, type Path } from '../../testbed/hosts/conditions.ts'
import type { HostName } from '../../testbed/hosts/system-hosts.ts'
import { disturb, type NetworkScenario } from './disturb.ts'

const sizes = { full: 20, short: 6 }
const subscribers = { full: 50, short: 24 }
const far: Path = { delayMs: 20, jitterMs: 5, loss: 0.01, isCut: false }
const cut: Path = { ...clearPath, isCut: true }

/** Pairs between which a cable lies, and not a rack: the databases stand beside the shop, and the broker beside the news. */
const distant: readonly (readonly [HostName, HostName])[] = [
  ['outside', 'edge'],
  ['outside', 'shop'],
  ['edge', 'shop'],
  ['edge', 'news'],
  ['shop', 'news'],
  ['shop', 'broker'],
  ['news', 'database'],
]

const away = ['SERVICE_UNAVAILABLE', 'SERVICE_TIMEOUT']

/** The network as it is between places, and then without any packet between two of them. */
export const networkScenarios: readonly NetworkScenario[] = [
  {
    name: 'far-apart',
    guarantee:
      '20 ms ± 5 each way and 1 % of packets lost between the hosts: all is answered in full, each event seen once',
    sizes,
    subscribers,
    run: context =>
      disturb(context, { codes: [] }, ({ setPath }) => {
        for (const [one, other] of distant) setPath(one, other, far)
      }),
  },
  {
    name: 'orders-from-broker',
    guarantee:
      'no packet between the shop and the broker: customers order on, and their news come once it is over',
    sizes,
    subscribers,
    run: context => disturb(context, { codes: [] }, ({ setPath }) => setPath('shop', 'broker', cut)),
  },
  {
    name: 'gateway-from-notifications',
    guarantee:
      'no packet between gateways and notifications: answers lack what is theirs, subscriptions go on without a gap',
    sizes,
    subscribers,
    run: context => disturb(context, { codes: away }, ({ setPath }) => setPath('edge', 'news', cut)),
  },
  {
    name: 'notifications-from-broker',
    guarantee: 'so long that both give their connections up: what happened meanwhile is told once it is over',
    sizes: { ...sizes, full: 60 },
    subscribers,
    run: context => disturb(context, { codes: [] }, ({ setPath }) => setPath('news', 'broker', cut)),
  },
  {
    name: 'gateway-from-orders',
    guarantee:
      'no packet between gateways and the shop: everybody is told so in time, and a repeated order is placed once',
    sizes,
    subscribers,
    mayFail: true,
    run: context => disturb(context, { codes: away }, ({ setPath }) => setPath('edge', 'shop', cut)),
  },
  {
    name: 'orders-from-database',
    guarantee:
      'no packet between the shop and its databases: everybody is told so in time, and a repeated order is placed once',
    sizes,
    subscribers,
    mayFail: true,
    run: context => disturb(context, { codes: away }, ({ setPath }) => setPath('shop', 'database', cut)),
  },
]
