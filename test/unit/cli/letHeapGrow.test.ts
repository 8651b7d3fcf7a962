import { setImmediate as nextTurn } from 'node:timers/promises';
import { PerformanceObserver, constants, type NodeGCPerformanceDetail } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { afterEach, expect, test } from 'vitest';
import { letHeapGrow } from '../../../src/cli/letHeapGrow.js';

const KEPT = 200_000;
const MADE = 3_000_000;

afterEach(() => {
  setFlagsFromString('--heap-growing-percent=0');
});

/** Collections of the whole heap while much becomes old before it becomes garbage. */
async function collectionsOfChurn(): Promise<number> {
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = Object(Reflect.get(entry, 'detail')) as NodeGCPerformanceDetail;
      if (kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections += 1;
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const kept: unknown[] = [];
  for (let made = 0; made < MADE; made += 1) {
    kept[made % KEPT] = [made, String(made)];
    if (made % 10_000 === 0) await nextTurn();
  }
  await nextTurn();
  observer.disconnect();
  return collections;
}

test('the whole heap is collected less than half as often as where it grows by a fifth', async () => {
  setFlagsFromString('--heap-growing-percent=20');
  await collectionsOfChurn();
  const sparing = await collectionsOfChurn();
  letHeapGrow([]);
  await collectionsOfChurn();
  expect(await collectionsOfChurn()).toBeLessThan(sparing / 2);
});

test('who has told Node how the heap is to grow keeps it', async () => {
  setFlagsFromString('--heap-growing-percent=20');
  await collectionsOfChurn();
  const sparing = await collectionsOfChurn();
  letHeapGrow(['--max-http-header-size=8192', '--heap-growing-percent=20']);
  letHeapGrow(['--heap_growing_percent=20']);
  letHeapGrow(['-heap-growing-percent', '20']);
  expect(await collectionsOfChurn()).toBeGreaterThan(sparing / 2);
});
