/** Why a subgraph does not do what was asked; `Details` has what is known of each kind of refusal besides its kind. */
export type RefusalOf<Details, Kind extends keyof Details = keyof Details> = {
  readonly [K in Kind]: { readonly kind: K } & Details[K]
}[Kind]

/** For each kind of refusal, a function that makes the API's failure of it. */
export type FailuresOf<Details, Failure> = {
  readonly [Kind in keyof Details]: (refusal: RefusalOf<Details, Kind>) => Failure
}

/** The function that makes the API's failure of any refusal, from one function for each kind. */
export const createToFailure =
  <Details, Failures extends { readonly [Kind in keyof Details]: unknown }>(
    failures: {
      readonly [Kind in keyof Details]: (refusal: RefusalOf<Details, Kind>) => Failures[Kind]
    },
  ) =>
  <Kind extends keyof Details>(refusal: RefusalOf<Details, Kind>): Failures[Kind] =>
    failures[refusal.kind](refusal)
