/** An integer of the JSON: `bigint` where it is beyond 2^53 - 1. */
export type ExactInteger = number | bigint;
/** A decimal of the JSON: a string with its digits where a `number` cannot hold its value. */
export type ExactDecimal = number | string;

/** A number with so few characters has at most 15 digits, which a double always holds. */
const ALWAYS_EXACT_CHARS = 15;
/** The most that `toFixed` takes. */
const MAX_DECIMALS = 100;
const INTEGER = /^-?\d+$/;

/**
 * A JSON number without loss: a `number` where it gives the digits again, else a `bigint` for an integer and the text as it is for
 * anything else. `text` must be a JSON number.
 */
export function readExactNumber(text: string): number | bigint | string {
  const value = Number(text);
  if (text.length <= ALWAYS_EXACT_CHARS && !/e/i.test(text)) return value;
  if (INTEGER.test(text)) return Number.isSafeInteger(value) ? value : BigInt(text);
  return isHeld(text, value) ? value : text;
}

/** Whether the double gives the text's digits again, printed as JavaScript does, and with as many decimals: `toFixed(8)` of amounts. */
function isHeld(text: string, value: number): boolean {
  if (!Number.isFinite(value) || canonical(text) !== canonical(String(value))) return false;
  if (/e/i.test(text)) return true;
  const decimals = text.length - text.indexOf('.') - 1;
  return decimals <= MAX_DECIMALS && value.toFixed(decimals) === text;
}

/** The same text for all texts of the same value: digits without zeros around them, and the power of ten of the last digit. */
function canonical(text: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const isNegative = mantissa.startsWith('-');
  const [whole = '', fraction = ''] = (isNegative ? mantissa.slice(1) : mantissa).split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  return `${isNegative ? '-' : ''}${significant}e${power}`;
}

/** Decimals of every amount on the chain. */
const AMOUNT_DECIMALS = 8;

/**
 * An amount of the JSON as an integer of its smallest unit, 0.00000001, without loss.
 *
 * @throws RangeError when it is not a decimal with at most 8 decimals.
 */
export function toSats(amount: number | bigint | string): bigint {
  const [, sign, significant, power] = /^(-?)(\d+)e(-?\d+)$/.exec(withPower(String(amount))) ?? [];
  const shift = Number(power) + AMOUNT_DECIMALS;
  if (significant === undefined || shift < 0 || shift > 100) {
    throw new RangeError(
      `not an amount with at most ${AMOUNT_DECIMALS} decimals: ${String(amount).slice(0, 40)}`,
    );
  }
  return BigInt(`${sign ?? ''}${significant}`) * 10n ** BigInt(shift);
}

function withPower(text: string): string {
  if (!/^-?\d+(?:\.\d+)?(?:e[+-]?\d{1,4})?$/i.test(text)) return '';
  const found = canonical(text);
  return found === '0' ? '0e0' : found;
}
