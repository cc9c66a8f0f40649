import type { Received } from './clients.ts'

/** What one server did with so many clients. */
export type Row = Received & {
  readonly clients: number
  readonly cpuMicroseconds: number
  readonly bytesPerClient: number
}

export const printHead = (): void => {
  console.log(
    'One event after the other; each is completed by two subgraphs more, and the next one comes when all',
  )
  console.log('clients have it. The floor is a bare WebSocket server that sends the ready text.\n')
  console.log(
    '                          clients   events/s  deliveries/s    p50 ms    p99 ms  CPU µs each  KiB each  of the floor: deliveries, CPU',
  )
}

/** Prints a row, with its deliveries per second, and its CPU time for each, as a share of the floor's. */
export const printRow = (title: string, row: Row, floor: Row): void => {
  const { latencies, events, seconds, clients, bytesPerClient } = row
  const sorted = latencies.toSorted()
  const milliseconds = (share: number) =>
    ((sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN) / 1_000).toFixed(1).padStart(9)
  const share = deliveriesPerSecond(row) / deliveriesPerSecond(floor)
  console.log(
    [
      title.padEnd(24),
      String(clients).padStart(8),
      (events / seconds).toFixed(1).padStart(10),
      deliveriesPerSecond(row).toFixed(0).padStart(13),
      milliseconds(0.5),
      milliseconds(0.99),
      cpuOfEach(row).toFixed(1).padStart(12),
      (bytesPerClient / 1_024).toFixed(1).padStart(9),
      `${(share * 100).toFixed(0)} %, ${(cpuOfEach(row) / cpuOfEach(floor)).toFixed(1)} times`.padStart(20),
    ].join(' '),
  )
}

const cpuOfEach = ({ cpuMicroseconds, events, clients }: Row): number => cpuMicroseconds / (events * clients)

const deliveriesPerSecond = ({ events, clients, seconds }: Row): number => (events * clients) / seconds
