/** Registered by name: a file may have a copy of the package of its own. */
const DIGITS: unique symbol = Symbol.for('evrmore-gateway.exactNumber');
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A number that is printed with exactly these digits: `12.50000000` stays so, and no double rounds it. */
export interface ExactNumber {
  readonly [DIGITS]: string;
}

/**
 * Makes digits that the node gave, such as an amount, a number of a message. Throws a `RangeError` for what is no number in
 * JSON.
 */
export function exactNumber(digits: string): ExactNumber {
  if (!NUMBER.test(digits)) throw new RangeError('these are not the digits of a JSON number');
  return { [DIGITS]: digits };
}

/** The digits of an exact number; absent for everything else. */
export function digitsOf(value: object): string | undefined {
  return DIGITS in value && typeof value[DIGITS] === 'string' ? value[DIGITS] : undefined;
}
