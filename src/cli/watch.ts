import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../protocol/gatewayError.js';
import { memberSpans } from '../protocol/jsonSpans.js';
import type { CliCommand, CommandContext, Output } from './cliTypes.js';
import { connectWebSocket, type GatewayConnection } from './connectWebSocket.js';
import { formatEvent, isEvent } from './formatEvent.js';
import { gatewayUrl, webSocketUrl } from './gatewayUrl.js';
import { listenForStop } from './stopSignals.js';

/** Longest wait before the second attempt to connect; it doubles with each one. */
const FIRST_WAIT_MS = 250;
/** Longest wait before any attempt. */
const MAX_WAIT_MS = 10_000;
/** A connection that lasted this long was a good one: the wait begins small again. */
const GOOD_CONNECTION_MS = 10_000;

/** `watch`: prints events as they come. */
export const watchCommand: CliCommand = {
  name: 'watch',
  words: [
    {
      name: 'topic',
      description: 'blocks, transactions, assets, mempool, sequence or all (all if none is named)',
    },
  ],
  pattern: '[topic..]',
  summary: 'Print the events of a gateway as they come, one a line, until Ctrl-C.',
  ownFlags: [
    { name: 'pretty', type: 'boolean', description: 'Print lines for people instead of JSON.' },
    { name: 'count', type: 'integer', description: 'End after this many events.' },
  ],
  examples: [
    ['$0 watch all', 'everything, as JSON'],
    ['$0 watch blocks assets --pretty', 'blocks and asset operations, for people'],
    ['$0 watch blocks --count 1 --url ws://127.0.0.1:8765', 'wait for one block'],
  ],
  run,
};

async function run(context: CommandContext): Promise<number> {
  const limit = readCount(context.ownFlags['count']);
  const topics = context.words.length === 0 ? ['all'] : [...new Set(context.words)];
  const url = webSocketUrl(gatewayUrl(context.settings));
  const signals = listenForStop();
  const stop = new AbortController();
  const abort = (): void => {
    stop.abort();
  };
  void signals.first.then(abort);
  // The reader of a pipe has gone, as `head` does: there is nobody to print for.
  context.stdout.once('error', abort);
  const printer = createPrinter(context, limit);
  try {
    await watchUntil(stop.signal, url, topics, printer, context.stderr);
    return 0;
  } finally {
    signals.dispose();
  }
}

/** Connects, and connects again after a wait with full jitter, until enough was printed or a stop is asked for. */
async function watchUntil(
  stop: AbortSignal,
  url: string,
  topics: readonly string[],
  printer: Printer,
  stderr: Output,
): Promise<void> {
  let attempts = 0;
  while (!stop.aborted) {
    const startedAtMs = performance.now();
    const reason = await watchOnce(stop, url, topics, printer, stderr);
    if (reason === 'enough' || isAborted(stop)) return;
    attempts = performance.now() - startedAtMs >= GOOD_CONNECTION_MS ? 1 : attempts + 1;
    const waitMs = Math.random() * Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** attempts);
    stderr.write(`${reason}; trying again\n`);
    // An aborted wait is the wish to stop, which the loop sees.
    await sleep(waitMs, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** One connection, to its end; resolves with `enough` or why it ended. Rejects when another attempt would not help. */
async function watchOnce(
  stop: AbortSignal,
  url: string,
  topics: readonly string[],
  printer: Printer,
  stderr: Output,
): Promise<string> {
  let connection: GatewayConnection;
  try {
    connection = await connectWebSocket(url, stop);
  } catch (error) {
    if (error instanceof GatewayError && error.retryable) return error.message;
    throw error;
  }
  const close = (): void => void connection.close();
  stop.addEventListener('abort', close, { once: true });
  try {
    for (const topic of topics) {
      connection.send(
        `{"action":"subscribe","topic":${JSON.stringify(topic)},"id":${JSON.stringify(topic)}}`,
      );
    }
    stderr.write(`connected to ${url}\n`);
    for await (const message of connection.messages) {
      if (stop.aborted) break;
      const members = memberSpans(message);
      if (members.get('type') === '"error"') throw refusal(members.get('data') ?? '{}');
      if (isEvent(members) && (await printer.print(message)) === 'enough') return 'enough';
    }
  } finally {
    stop.removeEventListener('abort', close);
    await connection.close();
  }
  const { code, reason } = await connection.ended;
  return `the connection ended (${code}${reason === '' ? '' : `, ${reason}`})`;
}

/** The flag as it is now: it may change while something is awaited. */
function isAborted(stop: AbortSignal): boolean {
  return stop.aborted;
}

interface Printer {
  /** Prints an event; waits while the output takes no more. */
  print(message: string): Promise<'more' | 'enough'>;
}

function createPrinter({ stdout, env, ownFlags }: CommandContext, limit: number): Printer {
  const isPretty = ownFlags['pretty'] === true;
  const colour = stdout.isTTY === true && !env['NO_COLOR'];
  let printed = 0;
  return {
    print: async (message) => {
      const clock = new Date().toISOString().slice(11, 19);
      const line = isPretty ? formatEvent(message, clock, colour) : message;
      printed += 1;
      if (!stdout.write(`${line}\n`)) await takesMore(stdout);
      return printed >= limit ? 'enough' : 'more';
    },
  };
}

/** Waits until an output takes more, or none ever again. */
async function takesMore(output: Output): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      output.off('drain', done);
      output.off('error', done);
      resolve();
    };
    output.on('drain', done);
    output.on('error', done);
  });
}

function readCount(value: unknown): number {
  if (value === undefined) return Infinity;
  const count = typeof value === 'string' && /^[1-9]\d{0,14}$/.test(value) ? Number(value) : undefined;
  if (count !== undefined) return count;
  throw new GatewayError('--count needs a whole number from 1', { code: 'GW_ERR_CONFIGURATION' });
}

function refusal(dataJson: string): GatewayError {
  const data = memberSpans(dataJson);
  const message: unknown = JSON.parse(data.get('message') ?? '"no reason was given"');
  return new GatewayError(`the gateway refused with code ${data.get('code') ?? '?'}: ${String(message)}`, {
    code: 'GW_ERR_SUBSCRIPTION_REFUSED',
  });
}
