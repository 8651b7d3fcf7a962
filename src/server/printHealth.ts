import type { Health } from '../observe/healthTypes.js';

/** Most blocks that a gateway may be behind its node and still count as ready. */
export const READY_MAX_LAG_BLOCKS = 10;

/** Health as `/health` prints it: JSON with snake_case keys; members that are not known yet are left out. */
export function printHealth(health: Health): string {
  return JSON.stringify(snakeKeys(health));
}

/** Whether clients should be sent here: the tips agree, or nearly. */
export function isReady(health: Health): boolean {
  if (health.status === 'ok') return true;
  return (
    health.status === 'catching_up' &&
    health.lagBlocks !== undefined &&
    health.lagBlocks <= READY_MAX_LAG_BLOCKS
  );
}

function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [snakeCase(key), snakeKeys(member)]),
  );
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
