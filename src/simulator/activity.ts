import type { Logger } from 'pino';
import { ASSET_KINDS, type AssetKind } from './assetKinds.js';
import type { RandomSource } from './randomSource.js';

/** What the automatic mode can do. */
export interface ActivityActions {
  pay(): void;
  /** Does nothing when the operation is not possible yet; says whether it was. */
  asset(kind: AssetKind): boolean;
  mine(): void;
  reorg(depth: number): void;
  /** Simulated time goes on by this much before the next thing happens. */
  advance(seconds: number): void;
}

/** How lively it is. */
export interface ActivityOptions {
  /** Milliseconds between blocks; 0: none. */
  readonly blockIntervalMs: number;
  /** Milliseconds between payments or asset operations; 0: none. */
  readonly txIntervalMs: number;
  /** About every so many blocks a reorg of 1 to 3 blocks takes the place of a block; 0: never. */
  readonly reorgEvery: number;
  /** After so many blocks, payments and operations it ends by itself: the chain is kept in memory, about 3 KB for each. */
  readonly eventLimit: number;
}

/** The automatic mode. */
export interface Activity {
  start(): void;
  stop(): void;
}

/** How often something other than a payment is tried. */
const ASSET_CHANCE = 0.45;
/** A process that was stopped for longer than this goes on from now instead of catching up, milliseconds. */
const MAX_LAG_MS = 2000;

/**
 * Makes the automatic mode. What happens, and in which order, is decided by the seed and the intervals alone: the clock only says when.
 */
export function createActivity(
  options: ActivityOptions,
  actions: ActivityActions,
  random: RandomSource,
  logger: Logger | undefined,
): Activity {
  let timer: NodeJS.Timeout | undefined;
  /** Times of the next events on a time line of their own, milliseconds. */
  let nextTxMs = options.txIntervalMs > 0 ? options.txIntervalMs : Infinity;
  let nextBlockMs = options.blockIntervalMs > 0 ? options.blockIntervalMs : Infinity;
  let elapsedMs = 0;
  let originMs = 0;
  let secondsLeft = 0;
  let events = 0;
  let isFailing = false;

  const transact = (): void => {
    if (random.chance(ASSET_CHANCE) && actions.asset(random.pick(ASSET_KINDS))) return;
    actions.pay();
  };
  const block = (): void => {
    const isReorg = options.reorgEvery > 0 && random.integer(options.reorgEvery) === 0;
    if (isReorg) actions.reorg(random.between(1, 3));
    else actions.mine();
  };
  const happen = (): void => {
    const dueMs = Math.min(nextTxMs, nextBlockMs);
    secondsLeft += (dueMs - elapsedMs) / 1000;
    elapsedMs = dueMs;
    const whole = Math.floor(secondsLeft);
    secondsLeft -= whole;
    if (whole > 0) actions.advance(whole);
    try {
      if (dueMs === nextTxMs) {
        nextTxMs += options.txIntervalMs;
        transact();
      } else {
        nextBlockMs += options.blockIntervalMs;
        block();
      }
      if (isFailing) logger?.info('simulated activity works again');
      isFailing = false;
    } catch (error) {
      if (!isFailing) logger?.warn({ err: error }, 'simulated activity failed');
      isFailing = true;
    }
  };
  const arm = (): void => {
    const dueMs = originMs + Math.min(nextTxMs, nextBlockMs);
    if (dueMs === Infinity) return;
    if (events >= options.eventLimit) {
      logger?.warn({ events }, 'simulated chain is as long as it may get: restart for a new one');
      return;
    }
    events += 1;
    const waitMs = dueMs - performance.now();
    if (waitMs < -MAX_LAG_MS) originMs -= waitMs;
    timer = setTimeout(
      () => {
        happen();
        arm();
      },
      Math.max(0, waitMs),
    );
  };
  return {
    start() {
      originMs = performance.now() - elapsedMs;
      arm();
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
