import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/loadSettings.js';
import { serverOptionsOf } from '../../src/gatewayServerOptions.js';
import { NOBODY } from '../../src/server/access/gate.js';
import type { Role } from '../../src/server/access/role.js';
import { createRates, LOCAL_KEY } from '../../src/server/limits/rates.js';
import { createWelcomes } from '../../src/server/session/welcome.js';
import { createTestLog, healthyRecord } from '../support/serverHarness.js';
import { tableRows } from '../support/tableRows.js';

const PROTOCOL = readFileSync(new URL('../../PROTOCOL.md', import.meta.url), 'utf8');
const [, LIMITS = ''] = /\n## 8\. Limits\n([^]*?)\n### /.exec(PROTOCOL) ?? [];
const word = (cell: string | undefined): string => cell?.replaceAll('`', '') ?? '';
/** Member of the welcome, default, and flag. */
const ROWS = tableRows(LIMITS).map(
  ([name, value, flag]) => [word(name), Number(value), word(flag).slice(2)] as const,
);
const DEFAULTS: Readonly<Record<string, number | null>> = Object.fromEntries(
  ROWS.map(([name, value]) => [name, value]),
);

/** A role with no limits of its own. */
const SOMEBODY: Role = { ...NOBODY, name: 'somebody', filterKeys: Infinity };

/** The limits in the welcome of a gateway with these flags. */
function limitsWith(
  flags: Readonly<Record<string, string>>,
  limitKey = '192.0.2.1',
): Record<string, unknown> {
  const loaded = loadSettings({ flags });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  const options = serverOptionsOf(loaded.ok, {
    tls: undefined,
    access: { roles: new Map() },
    extensions: { streams: [], topics: [] },
    version: '1.2.3',
  });
  const health = healthyRecord(createTestLog());
  const welcome = createWelcomes(options, {
    health: () => health,
    streams: [],
    customTopics: new Map(),
    headCursor: () => undefined,
    rates: createRates(options),
  });
  const { data } = JSON.parse(welcome(SOMEBODY, limitKey)) as { data: { limits: Record<string, unknown> } };
  return data.limits;
}

describe('the limits that the welcome tells', () => {
  it('are those of the table in PROTOCOL.md, and no other', () => {
    expect(limitsWith({})).toEqual(DEFAULTS);
  });

  it.each(ROWS)('%s, %i, is set by --%s, which sets no other', (name, value, flag) => {
    expect(limitsWith({ [flag]: String(value + 1) })).toEqual({ ...DEFAULTS, [name]: value + 1 });
  });

  it('are none, where PROTOCOL.md says so, for programs of the same machine, and for all where the setting is 0', () => {
    const [, named = ''] = /programs of the same machine have of (.*) and, .* the rates/.exec(LIMITS) ?? [];
    const names = [...named.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
    const withNone = { ...DEFAULTS };
    for (const name of [...names, 'messages_per_second', 'cost_per_second']) withNone[name] = null;
    expect(names.length).toBeGreaterThan(0);
    expect(limitsWith({}, LOCAL_KEY)).toEqual(withNone);
    const flags = ROWS.filter(([name]) => withNone[name] === null).map(([, , flag]) => [flag, '0'] as const);
    expect(limitsWith(Object.fromEntries(flags))).toEqual(withNone);
  });
});
