import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogEvent } from '../../../../src/feed/eventLogTypes.js';
import { TOPICS } from '../../../../src/protocol/topics.js';
import { createCohorts, type CohortPlace } from '../../../../src/server/hub/cohorts.js';
import { ALL_TOPICS, maskOf, TOPIC_BITS } from '../../../../src/server/hub/topicMask.js';
import { createForm, createView, isWanted, type Filter } from '../../../../src/server/hub/view.js';
import { createTestLog, draft } from '../../../support/serverHarness.js';

const form = createForm('form', (event) => [Buffer.from(`${event.seq},`)]);
const other = createForm('other', (event) =>
  event.topic === 'mempool' ? [] : [Buffer.from(`other ${event.seq},`)],
);
const plain = createView(form);

/** Accepts events whose `seq` is a multiple. */
function multiplesOf(n: number, mask: number): Filter {
  return { key: `${n}:${mask}`, mask, accepts: (event) => event.seq % n === 0 };
}

function events(types: readonly Parameters<typeof draft>[0][]): readonly LogEvent[] {
  const log = createTestLog();
  log.append(types.map((type, n) => draft(type, n + 1)));
  return log.read(1, types.length) ?? [];
}

const NOWHERE: CohortPlace = { mask: 0, view: plain };

describe('cohorts', () => {
  it('are one for the same topics, form and filter, and gone with their last member', () => {
    const cohorts = createCohorts<string>();
    const sixes = createView(form, multiplesOf(6, TOPIC_BITS.blocks));
    const samePlaces: readonly (readonly [string, CohortPlace])[] = [
      ['a', { mask: 1, view: plain }],
      ['b', { mask: 1, view: createView(form) }],
      ['c', { mask: 1, view: sixes }],
      ['d', { mask: 1, view: createView(form, multiplesOf(6, TOPIC_BITS.blocks)) }],
      ['e', { mask: 1, view: createView(other) }],
      ['f', { mask: 3, view: plain }],
    ];
    for (const [member, place] of samePlaces) cohorts.move(member, NOWHERE, place);
    expect(cohorts.size).toBe(4);
    for (const [member, place] of samePlaces) cohorts.move(member, place, NOWHERE);
    expect(cohorts.size).toBe(0);
    expect([...cohorts.deliveries(events(['block']))]).toEqual([]);
  });

  it('give every member the same memory, and nothing to those who want nothing of it', () => {
    const cohorts = createCohorts<string>();
    const view = createView(form, multiplesOf(2, TOPIC_BITS.transactions));
    cohorts.move('a', NOWHERE, { mask: maskOf(['blocks', 'transactions']), view });
    cohorts.move('b', NOWHERE, { mask: maskOf(['blocks', 'transactions']), view });
    cohorts.move('c', NOWHERE, { mask: maskOf(['transactions']), view });
    cohorts.move('d', NOWHERE, { mask: maskOf(['mempool']), view: createView(other) });
    const told = [...cohorts.deliveries(events(['transaction', 'transaction', 'block', 'mempool']))];
    expect(told.map(({ members, buffers }) => [[...members], buffers.join('')])).toEqual([
      [['a', 'b'], '2,3,'],
      [['c'], '2,'],
    ]);
    expect([...cohorts.deliveries(events(['transaction', 'sequence']))]).toEqual([]);
  });

  it('name each filter to the index once while there is a live client with it', () => {
    const told: string[] = [];
    const cohorts = createCohorts<string>({
      add: (filter) => {
        told.push(`+${filter.key}`);
      },
      remove: (filter) => {
        told.push(`-${filter.key}`);
      },
      route: () => [],
    });
    const at = (mask: number, key = 2): CohortPlace => ({
      mask,
      view: createView(form, multiplesOf(key, 2)),
    });
    cohorts.move('a', NOWHERE, at(2));
    cohorts.move('b', NOWHERE, at(3));
    cohorts.move('a', at(2), at(2, 5));
    cohorts.move('b', at(3), NOWHERE);
    expect(told).toEqual(['+2:2', '+5:2', '-2:2']);
  });

  it('copy no large frame for cohorts with a filter', () => {
    const cohorts = createCohorts<string>();
    const large = Buffer.alloc(100_000);
    const view = createForm('large', () => [Buffer.from('head'), large]);
    cohorts.move('a', NOWHERE, { mask: ALL_TOPICS, view: createView(view, multiplesOf(1, ALL_TOPICS)) });
    const [delivery] = cohorts.deliveries(events(['block']));
    expect(delivery?.buffers[1]).toBe(large);
  });

  it('send each member exactly what its topics and filter want, in order', () => {
    const views = [
      plain,
      createView(other),
      createView(form, multiplesOf(2, maskOf(['transactions']))),
      createView(form, multiplesOf(3, maskOf(['transactions', 'assets']))),
      createView(other, multiplesOf(2, maskOf(['blocks', 'assets']))),
    ];
    const place = fc.record({
      mask: fc.subarray([...TOPICS]).map(maskOf),
      view: fc.constantFrom(...views),
    });
    const type = fc.constantFrom(
      'block' as const,
      'transaction' as const,
      'asset' as const,
      'mempool' as const,
    );
    fc.assert(
      fc.property(
        fc.array(fc.record({ who: fc.nat(4), place }), { maxLength: 30 }),
        fc.array(type, { maxLength: 20 }),
        (moves, types) => {
          const cohorts = createCohorts<number>();
          const places = new Map<number, CohortPlace>();
          for (const { who, place: to } of moves) {
            cohorts.move(who, places.get(who) ?? NOWHERE, to);
            places.set(who, to);
          }
          const happened = events(types);
          const got = new Map<number, string>();
          for (const { members, buffers } of cohorts.deliveries(happened)) {
            for (const member of members) {
              expect(got.has(member)).toBe(false);
              got.set(member, buffers.join(''));
            }
          }
          for (const [who, { mask, view }] of places) {
            const wanted = happened.filter((event) => isWanted(event, mask, view));
            expect(got.get(who) ?? '').toBe(wanted.flatMap((event) => view.framesOf(event)).join(''));
          }
        },
      ),
    );
  });
});
