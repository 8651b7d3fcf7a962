import { setFlagsFromString } from 'node:v8';

/** In each of the spellings that V8 takes. */
const GROWING_FLAG = /^--?heap[-_]growing[-_]percent\b/;
/** Of what was in use after the last collection of the whole heap, in percent: what may be added before the next. */
const HEAP_GROWING_PERCENT = 400;

/**
 * Lets the heap of this process grow to five times what is in use before V8 collects all of it. By itself V8 is sparing with a small
 * heap: what clients send made it collect twice a second, for 25 ms each time, with 20 MB in use. Nearer to the largest size of the heap
 * it becomes sparing again. `nodeFlags` are those that Node was started with: who chose the growth there keeps it.
 */
export function letHeapGrow(nodeFlags: readonly string[]): void {
  if (nodeFlags.some((flag) => GROWING_FLAG.test(flag))) return;
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);
}
