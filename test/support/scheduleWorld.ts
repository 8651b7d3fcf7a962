import { vi } from 'vitest';
import { performOnChain } from './chainActions.js';
import { startMemoryGateway, type MemoryGateway } from './memoryGateway.js';
import { createModelChain, type ModelChain } from './modelChain.js';
import { createModelNode } from './modelNode.js';
import { createNoticeChannel, type NoticeChannel } from './noticeChannel.js';
import type { Schedule, ScheduleAction, ScheduleStep } from './scheduleActions.js';
import { createScheduledClient, type ScheduledClient } from './scheduledClient.js';
import { createTroubledNode } from './troubledNode.js';

/** Longest time that a schedule needs to come to rest: a hanging call, the back-offs, and every poll behind them. */
const QUIET_MS = 90_000;
/** Every poll, once everybody has said that he is live. */
const AFTERMATH_MS = 16_000;
/** While nothing calls the node for so long, the next step is due. */
const IDLE_MS = 20;

interface Place {
  gateway: MemoryGateway;
  channel: NoticeChannel;
  restarts: number;
}

/** One call to the node or one append to a log, by its number, that fails. */
export type FailurePoint = { readonly type: 'call' | 'append'; readonly number: number } | undefined;

/** How a schedule ended. */
export interface Played {
  /** Everything that was wrong when all had come to rest. */
  readonly mistakes: readonly string[];
  /** Calls to the node, a batch counted once, and appends to logs, of all gateways. */
  readonly calls: number;
  readonly appends: number;
}

/** Plays a schedule, and lets everything come to rest. Fake timers must be on. */
export async function playSchedule(schedule: Schedule, failure?: FailurePoint): Promise<Played> {
  const chain = preparedChain(schedule);
  const node = createModelNode(chain);
  node.txIndex = schedule.txIndex;
  const troubled = createTroubledNode(node);
  if (failure?.type === 'call') troubled.failAt = failure.number;
  let appends = 0;
  const beforeAppend = (): void => {
    appends += 1;
    if (failure?.type === 'append' && appends === failure.number) throw new Error('no memory for it');
  };
  const stops: Promise<void>[] = [];
  const errorLines: string[] = [];

  const open = (place: number, restarts: number): Place => {
    const gateway = startMemoryGateway(troubled.client(), {
      epoch: `e${place}x${restarts}`,
      logEvents: schedule.logEvents,
      chainMemoryBlocks: schedule.chainMemoryBlocks,
      maxBufferedBytes: schedule.maxBufferedBytes,
      idleFollowMs: schedule.idleFollowMs,
      beforeAppend,
    });
    return { gateway, channel: createNoticeChannel(gateway.follower.notify), restarts };
  };
  const places = Array.from({ length: schedule.gateways }, (_, place) => open(place, 0));
  chain.onNotice((notice) => {
    if (troubled.state === 'up') for (const { channel } of places) channel.publish(notice);
  });
  await pass(0);

  /** A client stays where it is connected, and tries the next gateway when it must connect anew. */
  const gatewayOf = (client: number): (() => MemoryGateway | undefined) => {
    let turn = client;
    return () => {
      turn += 1;
      return places[turn % places.length]?.gateway;
    };
  };
  const clients = schedule.clients.map((plan, index) => createScheduledClient(plan, chain, gatewayOf(index)));

  const stopGateway = (place: Place, how: 'crash' | 'close'): void => {
    place.channel.close();
    stops.push(place.gateway.stop(how));
    errorLines.push(...place.gateway.errorLines);
  };
  const restartGateway = (index: number, how: 'crash' | 'close', downMs: number): void => {
    const place = places[index];
    if (place?.gateway.isUp !== true) return;
    stopGateway(place, how);
    setTimeout(() => {
      const next = open(index, place.restarts + 1);
      places[index] = next;
    }, downMs);
  };
  const restartNode = (downMs: number, warmUpMs: number): void => {
    if (troubled.state !== 'up') return;
    troubled.state = 'down';
    setTimeout(() => {
      troubled.state = 'warming_up';
      for (const { channel } of places) channel.restarted();
      setTimeout(() => {
        troubled.state = 'up';
        for (const txidHex of chain.mempool)
          for (const { channel } of places) channel.publish({ type: 'transaction', txidHex });
      }, warmUpMs);
    }, downMs);
  };

  const perform = (action: ScheduleAction): void => {
    switch (action.type) {
      case 'notices':
        places[action.gateway]?.channel.harm(action.topic, action.fault);
        break;
      case 'calls_fail':
        troubled.fail(action.how, action.count);
        break;
      case 'calls_slow':
        troubled.slow(action.count, action.beforeMs, action.afterMs);
        break;
      case 'calls_hang':
        troubled.hang(action.count);
        break;
      case 'node_restart':
        restartNode(action.downMs, action.warmUpMs);
        break;
      case 'gateway_restart':
        restartGateway(action.gateway, action.how, action.downMs);
        break;
      case 'client_cut':
        clients[action.client % clients.length]?.cut(action.from, action.afterMessages);
        break;
      case 'client_pace':
        clients[action.client % clients.length]?.setPace(action.pace);
        break;
      case 'wait':
        break;
      default:
        performOnChain(chain, action);
    }
  };

  await playSteps(schedule.steps, node, perform);

  troubled.heal();
  for (const { channel } of places) channel.heal();
  for (const client of clients) client.setPace({ count: 1000, everyMs: 1 });
  const final = schedule.clients.length;
  const fresh = ['blocks', 'transactions', 'assets', 'sequence', 'mempool', 'all'].map((name, index) =>
    createScheduledClient(
      { topicNames: [name], start: 'genesis', pace: { count: 1000, everyMs: 1 } },
      chain,
      gatewayOf(final + index),
    ),
  );
  const everybody: readonly ScheduledClient[] = [...clients, ...fresh];
  const isQuiet = (): boolean =>
    troubled.state === 'up' &&
    places.every(({ gateway }) => gateway.isUp && gateway.follower.state().connected) &&
    everybody.every((client) => client.isQuiet);
  for (let passedMs = 0; passedMs < QUIET_MS && !isQuiet(); passedMs += 1000) await pass(1000);
  await pass(AFTERMATH_MS);

  const found = everybody.flatMap((client, index) => {
    const name = `client ${index} (${client.state})`;
    const wrong = [...client.mistakes(), ...(client.isQuiet ? client.differences() : ['is not quiet'])];
    return wrong.map((text) => `${name}: ${text}`);
  });
  for (const client of everybody) client.end();
  for (const place of places) stopGateway(place, 'crash');
  await pass(5000);
  await Promise.all(stops);
  return { mistakes: [...found, ...errorLines], calls: troubled.calls, appends };
}

function preparedChain(schedule: Schedule): ModelChain {
  const chain = createModelChain();
  for (let block = 0; block < schedule.startBlocks; block += 1) {
    chain.pay({ coin: block, ...(block % 2 === 0 ? { asset: 'OLD' } : {}) });
    chain.mine(1);
  }
  for (let payment = 0; payment < schedule.startPayments; payment += 1) chain.pay({ coin: 5 * payment });
  return chain;
}

/** Plays the steps between the calls that the gateways make. */
async function playSteps(
  steps: readonly ScheduleStep[],
  node: ReturnType<typeof createModelNode>,
  perform: (action: ScheduleAction) => void,
): Promise<void> {
  const waiting = [...steps];
  let calls = 0;
  const next = (): void => {
    const step = waiting.shift();
    calls = 0;
    if (step !== undefined) perform(step.action);
  };
  node.beforeCall = (_call, _method, item) => {
    calls += 1;
    const step = waiting[0];
    if (step === undefined || calls <= step.afterCalls || step.action.type === 'wait') return;
    // A node that leaves a block and is back on it within one batch, in milliseconds, cannot be told from one that stayed.
    if (step.action.type === 'reactivate' && item > 0) return;
    next();
  };
  while (waiting.length > 0) {
    const [step] = waiting;
    await pass(step?.action.type === 'wait' ? step.action.ms : IDLE_MS);
    // Nobody calls: everybody waits for a notice, a poll, or the end of a back-off.
    if (waiting[0] === step) next();
  }
  node.beforeCall = () => undefined;
}

/** Lets at least so much fake time pass, and everything happen that is due by then. */
export async function pass(ms: number): Promise<void> {
  const untilMs = Date.now() + ms;
  let standstill = 0;
  await settled();
  while (Date.now() < untilMs) {
    if (vi.getTimerCount() === 0) {
      vi.advanceTimersByTime(untilMs - Date.now());
      await settled();
      break;
    }
    const beforeMs = Date.now();
    vi.advanceTimersToNextTimer();
    standstill = Date.now() === beforeMs ? standstill + 1 : 0;
    if (standstill > 10_000) throw new Error('something goes on for ever, and no time passes');
    await settled();
  }
}

/** Everything that needs no timer has happened. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
