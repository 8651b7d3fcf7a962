import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../../src/config/settings.js';
import { staleAfterMs } from '../../../src/observe/health.js';
import { HEALTH_STATUSES, type Health } from '../../../src/observe/healthTypes.js';
import { createMetrics } from '../../../src/observe/metrics.js';
import { printHealth, READY_MAX_LAG_BLOCKS } from '../../../src/server/http/printHealth.js';
import { EMPTY_HEALTH, FULL_HEALTH, FULL_STATE } from '../../support/metricState.js';
import { parseMetrics, type Metric } from '../../support/prometheusText.js';
import { tableRows } from '../../support/tableRows.js';

const DOCUMENT = readFileSync(new URL('../../../docs/monitoring.md', import.meta.url), 'utf8');

/** Cells of all table rows of a section, heads and rulers left out. */
function rows(heading: string): readonly (readonly string[])[] {
  const start = DOCUMENT.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`no section ${heading}`);
  const text = DOCUMENT.slice(start + heading.length + 2).split(/\n## /)[0] ?? '';
  return tableRows(text);
}

/** The word in backticks of a cell. */
const word = (cell = ''): string => /`([^`]+)`/.exec(cell)?.[1] ?? '';

/** Every member of a record by its path, `[]` for the items of a list, with whether it is null. */
function membersOf(value: unknown, path = ''): ReadonlyMap<string, boolean> {
  if (Array.isArray(value)) {
    const isOfObjects = typeof value[0] === 'object';
    return isOfObjects ? membersOf(value[0], `${path}[]`) : new Map([[path, false]]);
  }
  if (typeof value !== 'object' || value === null) return new Map([[path, value === null]]);
  return new Map(
    Object.entries(value).flatMap(([name, member]) => [
      ...membersOf(member, path === '' ? name : `${path}.${name}`),
    ]),
  );
}

const printed = (health: Health): ReadonlyMap<string, boolean> =>
  membersOf(JSON.parse(printHealth(health)) as unknown);

async function realMetrics(): Promise<ReadonlyMap<string, Metric>> {
  const metrics = createMetrics({ methods: ['getblock'], limits: { clients: 1 } });
  metrics.noteCall({ method: 'getblock', outcome: 'ok', durationMs: 1 });
  const { text } = await metrics.print(FULL_STATE);
  metrics.close();
  return parseMetrics(text);
}

describe('docs/monitoring.md', () => {
  it('has every field of /health, in its order, and says which may be null', () => {
    const table = rows('## Fields of `/health`').map(([field, , nullable]) => [word(field), nullable]);
    const full = printed(FULL_HEALTH);
    expect(table.map(([field]) => field)).toEqual([...full.keys()]);
    expect([...full].filter(([, isNull]) => isNull)).toEqual([]);
    const empty = printed(EMPTY_HEALTH);
    for (const [field = '', nullable] of table) {
      // What is inside a point that is not known is not there either.
      const isNull = empty.get(field) ?? empty.get(field.replace(/\.[^.]+$/, ''));
      expect(nullable, field).toBe(isNull === true ? 'yes' : 'no');
    }
  });

  it('gives fields with a unit in their names that unit', () => {
    for (const [field, unit] of rows('## Fields of `/health`')) {
      if (/_seconds`$/.test(field ?? '')) expect(unit, field).toBe('seconds');
      if (/bytes`$/.test(field ?? '')) expect(unit, field).toBe('bytes');
      if (/blocks`$/.test(field ?? '')) expect(unit, field).toBe('blocks');
    }
  });

  it('has every status', () => {
    expect(rows('## Status').map(([status]) => word(status))).toEqual([...HEALTH_STATUSES]);
    expect(DOCUMENT).toContain(`at most ${READY_MAX_LAG_BLOCKS} blocks behind`);
    expect(DOCUMENT).toContain(
      `${staleAfterMs(SETTINGS.pollIntervalMs.default) / 1000} seconds with the default settings`,
    );
  });

  it('has every metric with its type, its labels and its help', async () => {
    const real = [...(await realMetrics()).values()].map(({ name, type, help, series }) => {
      const labels = new Set(series.flatMap((one) => Object.keys(one.labels)));
      labels.delete('le');
      return [name, type, [...labels].sort().join(', '), help];
    });
    const table = rows('## Metrics').map(([name, type, labels = '', help]) => [
      word(name),
      type,
      [...labels.matchAll(/`(\w+)`/g)]
        .map(([, label]) => label)
        .sort()
        .join(', '),
      help,
    ]);
    const byName = (one: readonly unknown[], other: readonly unknown[]): number =>
      String(one[0]).localeCompare(String(other[0]));
    expect(table.toSorted(byName)).toEqual(real.toSorted(byName));
  });

  it('names metrics by the rules: a prefix, base units, and _total for what only grows', async () => {
    for (const { name, type } of (await realMetrics()).values()) {
      expect(name).toMatch(/^(evrmore_gateway|process|nodejs)_[a-z0-9_]+$/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      expect(name).not.toMatch(/_(ms|milliseconds|kb|mb|kib|mib)(_|$)/);
    }
  });

  it('uses only metrics that there are in its queries', async () => {
    const names = [...(await realMetrics()).keys()];
    for (const [used] of DOCUMENT.matchAll(/\bevrmore_gateway_[a-z_]+/g)) {
      const name = used.replace(/_(bucket|sum|count)$/, '');
      if (used === 'evrmore_gateway_') continue;
      expect(names, used).toContain(names.includes(used) ? used : name);
    }
  });
});
