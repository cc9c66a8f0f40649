import { hash } from 'node:crypto'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import type { ClientOperation } from '../authorization/selections.ts'
import type { OverrideLabelsOf } from '../override-labels.ts'

/** The shares of labels that say none themselves, in percent. */
export type OverrideShares = ReadonlyMap<string, number>

/** Which labels are on for draws from `from` up to the next choice. */
export type OverrideChoice = { readonly from: number; readonly on: readonly string[]; readonly key: string }

/** Whose draw decides; `draw` is given if it was drawn before. */
export type Drawer = { readonly viewer?: Viewer | undefined; readonly draw?: number | undefined }

/** Gives the choices that an operation has, by rising draws; the first one begins at 0. */
export type OverrideChoicesOf = ReturnType<typeof createOverrideChoices>

const percent = /^percent\((.+)\)$/

const choice = (from: number, on: readonly string[]): OverrideChoice => ({ from, on, key: on.join(' ') })

/** The one choice of operations without a label. */
export const onlyChoice: readonly [OverrideChoice] = [choice(0, [])]

/** A label is on if its share is above the draw, so an operation with some labels has one choice more than these at most. */
export const createOverrideChoices =
  (labelsOf: OverrideLabelsOf | undefined, shares: OverrideShares) =>
  (
    operation: Pick<ClientOperation, 'document' | 'operation'>,
  ): readonly [OverrideChoice, ...OverrideChoice[]] => {
    const labels = labelsOf === undefined ? [] : [...labelsOf(operation)].sort()
    if (labels.length === 0) return onlyChoice
    const shareOf = (label: string) => Number(percent.exec(label)?.[1] ?? shares.get(label) ?? 0)
    const choiceFrom = (from: number) =>
      choice(
        from,
        labels.filter(label => shareOf(label) > from),
      )
    const later = new Set(labels.map(shareOf).filter(share => share > 0 && share < 100))
    return [choiceFrom(0), ...[...later].sort((one, other) => one - other).map(choiceFrom)]
  }

/** A number from 0 to below 100: the same for a user each time, on every gateway, and any for who is not signed in. */
export const drawOf = (viewer: Viewer | undefined): number =>
  viewer?.kind === 'user'
    ? (Number.parseInt(hash('sha256', viewer.id).slice(0, 8), 16) / 2 ** 32) * 100
    : Math.random() * 100

/** The choice for a draw; n.b. with one choice alone nothing is drawn. */
export const chosen = (
  choices: readonly [OverrideChoice, ...OverrideChoice[]],
  { viewer, draw }: Drawer,
): OverrideChoice => {
  if (choices.length === 1) return choices[0]
  const drawn = draw ?? drawOf(viewer)
  return choices.findLast(({ from }) => from <= drawn) ?? choices[0]
}
