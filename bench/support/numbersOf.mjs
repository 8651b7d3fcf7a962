/**
 * The sizes of a bench as numbers, by their names in camel case; values that are no number are left out.
 *
 * @param {Record<string, unknown>} values of `parseArgs`
 * @returns {Record<string, number>}
 */
export function numbersOf(values) {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => typeof value === 'string' && value !== '' && !Number.isNaN(Number(value)))
      .map(([name, value]) => [name.replace(/-(.)/g, (_, letter) => letter.toUpperCase()), Number(value)]),
  );
}
