import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { readFilters, withFilters } from '../traces/filters.ts'
import { formatDuration } from './format.ts'
import { html } from './html.ts'
import { themeChanged } from './theme.ts'
import type { ChartPoint } from './views.ts'

/** The query with the filters for a span of time in place of those that it has. */
export const filtersWithTime = (query: URLSearchParams, fromMs: number, toMs: number): URLSearchParams => {
  const { on, off } = readFilters(query)
  return withFilters(query, {
    on: [
      ...on.filter(text => !text.startsWith('time')),
      `time>${new Date(fromMs).toISOString()}`,
      `time<${new Date(toMs).toISOString()}`,
    ],
    off,
  })
}

/** How many traces there were, how many failed, and how long they took; dragging over the chart selects a span of time. */
export const RequestChart = ({
  points,
  stepMs,
  onSelect,
}: {
  readonly points: readonly ChartPoint[]
  readonly stepMs: number
  readonly onSelect: (fromMs: number, toMs: number) => void
}) => {
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | null>(null)
  const select = useRef(onSelect)
  select.current = onSelect
  const data = columnsOf(points, stepMs)
  useEffect(() => {
    const { current } = place
    if (current === null) return
    const plot = new uPlot(
      optionsFor(current, (from, to) => select.current(from, to)),
      data,
      current,
    )
    chart.current = plot
    const resizing = new ResizeObserver(() =>
      plot.setSize({ width: current.clientWidth, height: chartHeight }),
    )
    resizing.observe(current)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    const redraw = () => plot.redraw()
    scheme.addEventListener('change', redraw)
    addEventListener(themeChanged, redraw)
    return () => {
      resizing.disconnect()
      scheme.removeEventListener('change', redraw)
      removeEventListener(themeChanged, redraw)
      plot.destroy()
    }
  }, [])
  useEffect(() => chart.current?.setData(data), [points])
  return html`
    <figure class="chart">
      <figcaption><i class="bar-key"></i>traces <i class="bad-key"></i>failed <i class="line-key"></i>p95</figcaption>
      <div ref=${place} role="img" aria-label="Traces, failures and 95th percentile over time"></div>
    </figure>
  `
}

const chartHeight = 124
/** How far apart the values of an axis are at least, so that each has a few. */
const valueSpace = 22

/** n.b. a step in which nothing happened is no point of the data, and must be one of the chart. */
const columnsOf = (points: readonly ChartPoint[], stepMs: number): uPlot.AlignedData => {
  const byTime = new Map(points.map(point => [point.atMs, point]))
  const [first, last] = [points[0]?.atMs ?? 0, points.at(-1)?.atMs ?? 0]
  const times = Array.from(
    { length: Math.min((last - first) / stepMs + 1, 1_000) },
    (_, index) => first + index * stepMs,
  )
  return [
    times.map(time => time / 1_000),
    times.map(time => byTime.get(time)?.traces ?? 0),
    times.map(time => byTime.get(time)?.failed ?? 0),
    times.map(time => byTime.get(time)?.p95Us ?? null),
  ]
}

const optionsFor = (place: HTMLElement, onSelect: (fromMs: number, toMs: number) => void): uPlot.Options => {
  // n.b. a canvas does not understand light-dark(): the browser resolves a colour only where it is used
  const colour = (name: string) => () => {
    place.style.color = `var(${name})`
    return getComputedStyle(place).color
  }
  const bars = uPlot.paths.bars?.({ size: [0.8, 40] })
  const axis = {
    stroke: colour('--chart-text'),
    grid: { stroke: colour('--chart-line'), width: 1 },
    ticks: { show: false },
  }
  return {
    width: place.clientWidth,
    height: chartHeight,
    legend: { show: false },
    cursor: { y: false, points: { show: false } },
    scales: {
      traces: { range: (_, _min, max) => [0, Math.max(max, 1)] },
      us: { range: (_, _min, max) => [0, max * 1.1] },
    },
    axes: [
      { ...axis, size: 30, gap: 9, grid: { show: false }, values: (_, times) => times.map(clockOf) },
      { ...axis, scale: 'traces', size: 42, space: valueSpace },
      {
        ...axis,
        scale: 'us',
        side: 1,
        size: 62,
        space: valueSpace,
        grid: { show: false },
        values: (_, values) => values.map(us => (us === 0 ? '' : formatDuration(us))),
      },
    ],
    series: [
      {},
      {
        scale: 'traces',
        fill: colour('--chart-bar'),
        stroke: 'transparent',
        ...(bars && { paths: bars }),
        points: { show: false },
      },
      {
        scale: 'traces',
        fill: colour('--bad'),
        stroke: 'transparent',
        ...(bars && { paths: bars }),
        points: { show: false },
      },
      { scale: 'us', stroke: colour('--accent'), width: 2, points: { show: false }, spanGaps: true },
    ],
    hooks: {
      setSelect: [
        plot => {
          const { left, width } = plot.select
          if (width < 4) return
          onSelect(plot.posToVal(left, 'x') * 1_000, plot.posToVal(left + width, 'x') * 1_000)
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
        },
      ],
    },
  }
}

const clockOf = (seconds: number): string =>
  new Date(seconds * 1_000).toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  })
