import { memberSpans } from '../protocol/jsonSpans.js';

/**
 * Members of `getmininginfo` that change with the mempool or with the next block's making, and not with the status of mining. Everything
 * else counts, also what a later node may add.
 */
const PASSING: ReadonlySet<string> = new Set(['currentblockweight', 'currentblocktx', 'pooledtx']);

/** Whether two answers to `getmininginfo`, which must be JSON objects, differ in the status of mining. */
export function hasMiningChanged(before: string, after: string): boolean {
  return statusOf(before) !== statusOf(after);
}

function statusOf(info: string): string {
  return [...memberSpans(info)]
    .filter(([name]) => !PASSING.has(name))
    .map(([name, value]) => `${name} ${value}`)
    .join('\n');
}
