const AMOUNT_PATTERN = /^(-?)(0|[1-9]\d{0,18})(?:\.(\d{1,8}))?$/;

/** Decimals of an amount: 1 unit is 10^8 satoshis. */
const DECIMALS = 8;

/**
 * An amount's digits as an integer string of satoshis (1e-8 of a unit), exactly: `9999999998.12345678` gives
 * `999999999812345678`. Up to 19 digits before and 8 after the point; `undefined` for anything else, exponents included.
 */
export function amountToSats(digits: string): string | undefined {
  const match = AMOUNT_PATTERN.exec(digits);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  const sats = (whole + fraction.padEnd(DECIMALS, '0')).replace(/^0+(?=\d)/, '');
  return sats === '0' ? '0' : sign + sats;
}
