import { cpus } from 'node:os';
import { readFileSync } from 'node:fs';

/**
 * What a benchmark found: its title, how it was made, its columns and rows (ratios first), and what it aims at.
 *
 * @typedef {{ title: string, setup: string, columns: string[], rows: (string | number)[][], aim: string }} BenchResult
 */

/**
 * Prints a result as a Markdown table, or as one JSON object.
 *
 * @param {string} name
 * @param {BenchResult} result
 * @param {boolean} asJson
 */
export function printResult(name, result, asJson) {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}`;
  const versions = `evrmore-gateway ${version}, Node ${process.version}, ${process.platform} ${process.arch}`;
  if (asJson) {
    console.log(JSON.stringify({ name, machine, versions, ...result }));
    return;
  }
  const cell = (value) => (typeof value === 'number' ? formatNumber(value) : value);
  console.log(`${result.title}\n${result.setup}\n${machine}; ${versions}\n`);
  console.log(`| ${result.columns.join(' | ')} |`);
  console.log(`|${result.columns.map((_, index) => (index === 0 ? '---' : '---:')).join('|')}|`);
  for (const row of result.rows) console.log(`| ${row.map(cell).join(' | ')} |`);
  console.log(`\nAim: ${result.aim}`);
}

function formatNumber(value) {
  if (Number.isInteger(value)) return String(value);
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/**
 * The value below which the share `q` of the values lies.
 *
 * @param {number[]} values
 * @param {number} q from 0 to 1
 */
export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
}

/** The middle value. @param {number[]} values */
export const median = (values) => quantile(values, 0.5);
