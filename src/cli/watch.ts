import { connect, RefusedError, type Filter, type From, type TopicName } from '../client/index.js';
import { ERROR_CODES } from '../protocol/codes.js';
import { GatewayError } from '../protocol/gatewayError.js';
import { parseTopic } from '../protocol/topics.js';
import type { CliCommand, CommandContext, Output } from './cliTypes.js';
import { formatEvent } from './formatEvent.js';
import { gatewayUrl, webSocketUrl } from './gatewayUrl.js';
import { ownToken, tokenHint } from './ownToken.js';
import { writeAll } from './output.js';
import { listenForStop } from './stopSignals.js';
import { tellStatuses } from './tellStatuses.js';

/** Longest wait before another attempt to connect: a person looks on. */
const MAX_WAIT_MS = 10_000;

/** `watch`: prints events as they come. */
export const watchCommand: CliCommand = {
  name: 'watch',
  words: [
    {
      name: 'topic',
      description:
        "blocks, transactions, assets, mempool, sequence, finality, peers, mining, a topic of the operator's own, or all, which is the first five (if none is named). Streams, messages at intervals, are no topics: they are for programs (PROTOCOL.md §12.6)",
    },
  ],
  pattern: '[topic..]',
  summary: 'Print the events of a gateway as they come, one a line, until Ctrl-C.',
  ownFlags: [
    { name: 'pretty', type: 'boolean', description: 'Print lines for people instead of JSON.' },
    { name: 'count', type: 'integer', description: 'End after this many events.' },
    {
      name: 'from',
      type: 'text',
      description: 'Begin in the past: after the event of a cursor, at a height, or at "genesis".',
    },
    {
      name: 'filter',
      type: 'text',
      description:
        'Only what concerns some addresses, assets, txids or outpoints, as JSON; for transactions, assets and blocks.',
    },
  ],
  examples: [
    ['$0 watch all', 'everything, as JSON'],
    ['$0 watch blocks assets --pretty', 'blocks and asset operations, for people'],
    ['$0 watch blocks --count 1 --url ws://127.0.0.1:8765', 'wait for one block'],
    [
      `$0 watch transactions --filter '{"assets":["ORG","ORG/*"]}'`,
      'the transactions of an asset and all below it',
    ],
    ['$0 watch assets --from genesis', 'every asset operation of the chain, and then the new ones'],
  ],
  run,
};

async function run(context: CommandContext): Promise<number> {
  const limit = readCount(context.ownFlags['count']);
  const from = readFrom(context.ownFlags['from']);
  const filter = readFilter(context.ownFlags['filter']);
  const url = webSocketUrl(gatewayUrl(context.settings));
  const topics = readTopics(context.words);
  const token = ownToken(context)?.source;
  const signals = listenForStop();
  const client = connect(url, {
    numbers: 'raw',
    reconnect: { maxDelayMs: MAX_WAIT_MS },
    ...(token === undefined ? {} : { token }),
  });
  const stop = (): void => void client.close();
  let failure: GatewayError | undefined;
  void signals.first.then(stop);
  // The reader of a pipe has gone, as `head` does: there is nobody to print for.
  context.stdout.once('error', stop);
  void tellStatuses(client.status(), {
    url,
    topics,
    stderr: context.stderr,
    giveUp(error) {
      failure = error;
      stop();
    },
  });
  try {
    const events = client.subscribe(topics, {
      ...(from === undefined ? {} : { from }),
      ...(filter === undefined ? {} : { filter }),
    });
    const print = createPrinter(context);
    let left = limit;
    for await (const { type, text } of events) {
      await print(text);
      // What was lost or left out is printed where it is, and is no event.
      if (type !== 'gap' && type !== 'skipped') left -= 1;
      if (left <= 0) break;
    }
    // What is still on its way to a slow reader.
    if (left <= 0) await writeAll(context.stdout, '');
    throwIfSet(failure);
    return 0;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    if (error.errorCode === ERROR_CODES.unknown_topic) {
      const words = `${error.message}. watch prints topics, and no streams`;
      throw new GatewayError(words, { code: 'GW_ERR_SUBSCRIPTION_REFUSED' });
    }
    const hint = tokenHint(error.errorCode);
    if (hint === '') throw error;
    throw new GatewayError(error.message + hint, { code: 'GW_ERR_UNAUTHORIZED' });
  } finally {
    signals.dispose();
    await client.close();
  }
}

/** A callback sets it meanwhile. */
function throwIfSet(failure: GatewayError | undefined): void {
  if (failure !== undefined) throw failure;
}

/** Each topic once: aliases name the same, and `all` covers most. Unknown words are for the gateway to refuse. */
function readTopics(words: readonly string[]): readonly TopicName[] {
  const names = new Set<string>(words.length === 0 ? ['all'] : []);
  for (const word of words) {
    const topics = parseTopic(word) ?? [];
    const [only] = topics;
    names.add(topics.length === 1 && only !== undefined ? only : word);
  }
  if (names.has('all')) for (const topic of parseTopic('all') ?? []) names.delete(topic);
  return [...names] as TopicName[];
}

/** Prints an event; the promise waits while the output takes no more. */
function createPrinter({ stdout, env, ownFlags }: CommandContext): (message: string) => Promise<void> {
  const isPretty = ownFlags['pretty'] === true;
  const colour = stdout.isTTY === true && !env['NO_COLOR'];
  return async (message) => {
    const clock = new Date().toISOString().slice(11, 19);
    const line = isPretty ? formatEvent(message, clock, colour) : message;
    if (!stdout.write(`${line}\n`)) await takesMore(stdout);
  };
}

/** Waits until an output takes more, or none ever again. */
async function takesMore(output: Output): Promise<void> {
  // A stream that failed says nothing any more.
  if (!output.writable) return;
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

/** What is in it, the gateway checks. Amounts beyond 15 digits are to be strings. */
function readFilter(value: unknown): Filter | readonly Filter[] | undefined {
  if (value === undefined) return undefined;
  try {
    const filter: unknown = JSON.parse(typeof value === 'string' ? value : '');
    if (typeof filter === 'object' && filter !== null) return filter;
  } catch {
    // Said below.
  }
  throw new GatewayError('--filter needs JSON such as \'{"addresses":["…"]}\', or a list of such objects', {
    code: 'GW_ERR_CONFIGURATION',
  });
}

function readFrom(value: unknown): From | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^\d{1,10}$/.test(value)) return Number(value);
  if (typeof value === 'string' && /^(?:genesis|[!-~]*\.[!-~]*)$/.test(value)) return value;
  throw new GatewayError('--from needs a cursor as an event has it, a height or "genesis"', {
    code: 'GW_ERR_CONFIGURATION',
  });
}
