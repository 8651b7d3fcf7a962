import { afterEach, describe, expect, it } from 'vitest';
import { MAX_COMPRESSED_BYTES } from '../../src/server/webSocket/compressMessage.js';
import { draft, startServer, type ServerHarness } from '../support/serverHarness.js';
import type { WebSocketClient } from '../support/webSocketClient.js';

let harness: ServerHarness;

afterEach(() => harness.close());

/** Compresses to little. */
const SMALL_BYTES = 2000;
/** Too large to be compressed: it fills the buffers. */
const LARGE_BYTES = MAX_COMPRESSED_BYTES + 1;
const PATIENCE_MS = 20_000;

async function connectCompressing(): Promise<WebSocketClient> {
  const client = await harness.connect({ perMessageDeflate: { threshold: 0 } });
  expect(client.socket.extensions).toContain('permessage-deflate');
  return client;
}

const numbersOf = (client: WebSocketClient, type: string): readonly number[] =>
  client.messages.all.flatMap(({ json }) => (json.type === type ? [json.data?.['n'] as number] : []));

/** A compressing client that stopped reading and is behind or gone, and how many mempool events there are. */
async function stoppedClient(onSlow: string) {
  harness = await startServer({ compress: true, maxBufferedBytes: 64 * 1024 });
  const slow = await connectCompressing();
  slow.send({ action: 'subscribe', topic: 'mempool', on_slow: onSlow });
  await slow.waitForMessage(({ action }) => action === 'subscribe');
  slow.socket.pause();
  let total = 0;
  while (harness.server.stats().behind === 0 && harness.server.stats().clients > 0) {
    total += 2;
    harness.log.append([draft('mempool', total - 1, SMALL_BYTES), draft('mempool', total, LARGE_BYTES)]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { slow, total };
}

describe('a slow client that compresses', () => {
  it.each(['drop', 'latest'])('reads on after what it missed with on_slow %s', async (onSlow) => {
    const stopped = await stoppedClient(onSlow);
    const { slow } = stopped;
    let { total } = stopped;
    for (let more = 0; more < 50; more += 1) {
      total += 1;
      harness.log.append([draft('mempool', total, SMALL_BYTES)]);
    }
    const newest = total;
    slow.socket.resume();
    const skipped = await slow.waitForMessage(({ type }) => type === 'skipped', PATIENCE_MS);
    total += 1;
    harness.log.append([draft('mempool', total, SMALL_BYTES)]);
    await slow.waitForMessage(({ data }) => data?.['n'] === total, PATIENCE_MS);
    const got = numbersOf(slow, 'mempool');
    expect(got.slice(onSlow === 'latest' ? -2 : -1)).toEqual(onSlow === 'latest' ? [newest, total] : [total]);
    expect(got.length + Number(skipped.json.data?.['count'])).toBe(total);
    // In order, none twice, and each as the log has it.
    expect(got).toEqual([...new Set(got)].sort((a, b) => a - b));
    const logged = new Map(harness.log.read(1, total)?.map(({ seq, message }) => [seq, message.toString()]));
    const events = slow.messages.all.filter(({ json }) => json.type === 'mempool');
    expect(events.map(({ text }) => text)).toEqual(got.map((n) => logged.get(n)));
  });

  it('is closed with its cursor with on_slow close', async () => {
    const { slow } = await stoppedClient('close');
    slow.socket.resume();
    const closing = await slow.waitForClose(PATIENCE_MS);
    expect(closing.code).toBe(4008);
    const got = numbersOf(slow, 'mempool');
    expect(got).toEqual(Array.from({ length: got.length }, (_, index) => index + 1));
    const last = slow.messages.all.filter(({ json }) => json.type === 'mempool').at(-1);
    expect(closing.reason.split('cursor=')[1]).toBe(last?.json.cursor);
  });
});
