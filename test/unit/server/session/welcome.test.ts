import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Health } from '../../../../src/observe/healthTypes.js';
import { NOBODY } from '../../../../src/server/access/gate.js';
import type { Role } from '../../../../src/server/access/role.js';
import { createRates, LOCAL_KEY } from '../../../../src/server/limits/rates.js';
import { createWelcomes } from '../../../../src/server/session/welcome.js';
import { createTestLog, healthyRecord, TEST_SERVER_OPTIONS } from '../../../support/serverHarness.js';

const SOMEBODY: Role = { ...NOBODY, name: 'somebody' };

function setUp() {
  const known: { health: Health; cursor: string | undefined; asked: number } = {
    health: healthyRecord(createTestLog()),
    cursor: 'first',
    asked: 0,
  };
  const welcome = createWelcomes(TEST_SERVER_OPTIONS, {
    health: () => {
      known.asked += 1;
      return known.health;
    },
    streams: [],
    customTopics: new Map(),
    headCursor: () => known.cursor,
    rates: createRates(TEST_SERVER_OPTIONS),
  });
  return { known, welcome };
}

describe('welcomes', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('ask for the health once for many clients of a role that come together, and again after an event or a second', () => {
    const { known, welcome } = setUp();
    const [first, ...others] = Array.from({ length: 100 }, () => welcome(SOMEBODY, LOCAL_KEY));
    expect(new Set(others)).toEqual(new Set([first]));
    expect(known.asked).toBe(1);
    known.cursor = 'second';
    expect(welcome(SOMEBODY, LOCAL_KEY)).toContain('"cursor":"second"');
    expect(known.asked).toBe(2);
    vi.setSystemTime(Date.now() + 1000);
    welcome(SOMEBODY, LOCAL_KEY);
    expect(known.asked).toBe(3);
  });

  it('tell what has become known since the one before, though no event has come', () => {
    const { known, welcome } = setUp();
    const { chain, tip, ...early } = known.health;
    const health = { ...known.health };
    known.health = early;
    expect([chain, tip?.height]).toEqual(['regtest', 7]);
    expect(welcome(SOMEBODY, LOCAL_KEY)).not.toContain('regtest');
    expect(welcome(NOBODY, LOCAL_KEY)).not.toContain('regtest');
    known.health = health;
    expect(welcome(SOMEBODY, LOCAL_KEY)).toContain('"height":7');
    expect(welcome(NOBODY, LOCAL_KEY)).toContain('regtest');
  });

  it('tell nothing of the chain but its name to who has to show a token first', () => {
    const { welcome } = setUp();
    const text = welcome(NOBODY, LOCAL_KEY);
    expect(text).toContain('regtest');
    for (const hidden of ['"height":7', '07'.repeat(32), 'first']) expect(text).not.toContain(hidden);
  });
});
