import { invalidArgument } from './clientErrors.js';

/** Params nested deeper than this are refused: the gateway takes 32, with the message and the list of params, and answers the rest without an id. */
const MAX_DEPTH = 30;

/**
 * Prints a value as JSON. As `JSON.stringify`, but a `bigint` becomes an integer with all its digits.
 *
 * @throws GatewayError `GW_ERR_INVALID_ARGUMENT` for what has no JSON: functions, NaN, circles.
 */
export function printJson(value: unknown, depth = 0): string {
  if (depth > MAX_DEPTH)
    throw invalidArgument(`params are nested deeper than ${MAX_DEPTH} arrays and objects`);
  switch (typeof value) {
    case 'bigint':
      return String(value);
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      if (Number.isFinite(value)) return JSON.stringify(value);
      break;
    case 'object':
      if (value === null) return 'null';
      if (depth > MAX_DEPTH)
        throw invalidArgument(`params are nested deeper than ${MAX_DEPTH} arrays and objects`);
      if (Array.isArray(value)) return `[${value.map((item) => printJson(item, depth + 1)).join(',')}]`;
      return printObject(value, depth);
    default:
  }
  throw invalidArgument(`a param has no JSON: ${String(value)}`);
}

function printObject(object: object, depth: number): string {
  const members = Object.entries(object)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${JSON.stringify(key)}:${printJson(value, depth + 1)}`);
  return `{${members.join(',')}}`;
}
