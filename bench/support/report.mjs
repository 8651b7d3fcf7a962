import { cpus } from 'node:os';
import { readFileSync } from 'node:fs';

/**
 * What a benchmark found: its title, how it was made, its columns and rows (ratios first), and what it aims at.
 *
 * @typedef {{ title: string, setup: string, columns: string[], rows: (string | number)[][], aim: string }} BenchResult
 */

/**
 * Prints a result: as text with a table, as one JSON object, or as the table alone, laid out as the documents have it.
 *
 * @param {string} name
 * @param {BenchResult} result
 * @param {'text' | 'json' | 'markdown'} form
 */
export async function printResult(name, result, form) {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}`;
  const versions = `evrmore-gateway ${version}, Node ${process.version}, ${process.platform} ${process.arch}`;
  if (form === 'json') {
    console.log(JSON.stringify({ name, machine, versions, ...result }));
    return;
  }
  if (form === 'markdown') {
    const { format } = await import('prettier');
    process.stdout.write(await format(tableOf(result), { parser: 'markdown' }));
    return;
  }
  console.log(`${result.title}\n${result.setup}\n${machine}; ${versions}\n`);
  console.log(`${tableOf(result)}\n\nAim: ${result.aim}`);
}

function tableOf({ columns, rows }) {
  const cell = (value) => (typeof value === 'number' ? formatNumber(value) : value);
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const sides = columns.map((_, index) => (index === 0 ? '---' : '---:'));
  return [line(columns), line(sides), ...rows.map((row) => line(row.map(cell)))].join('\n');
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

/** The middle value, or what lies between the two middle ones. @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
