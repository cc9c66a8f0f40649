import { invalidRequest } from './stripe-error.ts'

/** The currencies in which Stripe charges cards (docs.stripe.com/currencies), with those of three decimals. */
const supported: ReadonlySet<string> = new Set(
  [
    'aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp cny',
    'cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr isk jmd',
    'jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad',
    'ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl',
    'thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw',
  ].flatMap(line => line.split(' ')),
)

const minimum: Readonly<Record<string, number>> = {
  ...{ aed: 200, bgn: 100, czk: 1_500, dkk: 250, gbp: 30, hkd: 400, huf: 17_500, mxn: 1_000, myr: 200 },
  ...{ nok: 300, pln: 200, ron: 200, sek: 300, thb: 1_000 },
  ...Object.fromEntries(
    'usd ars aud brl cad chf cop eur idr ils inr jpy krw nzd php rub sgd zar'
      .split(' ')
      .map(code => [code, 50]),
  ),
}

const digits: Readonly<Record<string, number>> = { idr: 12, lbp: 11, cop: 10, huf: 10, jpy: 10, inr: 9 }

/** Amounts must be multiples of it: two decimals that must be 00, or three whose last must be 0. */
const step: Readonly<Record<string, number>> = {
  ...{ isk: 100, ugx: 100 },
  ...{ bhd: 10, jod: 10, kwd: 10, omr: 10, tnd: 10 },
}

/** Throws the StripeError of an amount that Stripe would not charge. */
export const checkCharge = (amount: number, currency: string): void => {
  if (!supported.has(currency)) throw invalidRequest(`Invalid currency: ${currency}.`, { param: 'currency' })
  const least = minimum[currency] ?? 1
  if (amount < least) {
    const code = 'amount_too_small'
    throw invalidRequest(`Amount must be at least ${least} ${currency}.`, { code, param: 'amount' })
  }
  const most = 10 ** (digits[currency] ?? 8) - 1
  if (amount > most) {
    const code = 'amount_too_large'
    throw invalidRequest(`Amount must be no more than ${most} ${currency}.`, { code, param: 'amount' })
  }
  checkSteps(amount, currency)
}

/** Throws the StripeError of an amount that can be neither charged nor returned exactly. */
export const checkSteps = (amount: number, currency: string): void => {
  const multiple = step[currency] ?? 1
  if (amount % multiple === 0) return
  const code = 'invalid_charge_amount'
  throw invalidRequest(`Amount must be a multiple of ${multiple} in ${currency}.`, { code, param: 'amount' })
}
