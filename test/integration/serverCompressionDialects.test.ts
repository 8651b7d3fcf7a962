import { inflateRawSync } from 'node:zlib';
import * as wsModule from 'ws';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { defineStream } from '../../src/extensions/defineStream.js';
import type { EventDraft } from '../../src/feed/eventLogTypes.js';
import { MIN_COMPRESSED_BYTES, WINDOW_BITS } from '../../src/server/webSocket/compressMessage.js';
import { output, transaction } from '../support/filterEvents.js';
import { connectRaw, type RawPeer } from '../support/raw/rawPeer.js';
import { OPCODE, textFrame, type ServerFrame } from '../support/raw/frames.js';
import { draft, startServer, type ServerHarness } from '../support/serverHarness.js';

const { Sender } = wsModule as unknown as {
  readonly Sender: { frame(data: Buffer, options: { readonly rsv1: boolean }): Buffer[] };
};
/** RSV1: the message is compressed. */
const COMPRESSED = 4;

let harness: ServerHarness;
let peers: RawPeer[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  for (const peer of peers) await peer.close();
  peers = [];
  await harness.close();
});

async function connect(isCompressing: boolean): Promise<RawPeer> {
  const headers = isCompressing ? { 'Sec-WebSocket-Extensions': 'permessage-deflate' } : {};
  const peer = await connectRaw(harness.port, { headers });
  expect(peer.head.includes('permessage-deflate')).toBe(isCompressing);
  peers.push(peer);
  return peer;
}

function textOf({ rsv, payload }: ServerFrame): string {
  if (rsv === 0) return payload.toString();
  const whole = Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]);
  return inflateRawSync(whole, { windowBits: WINDOW_BITS, finishFlush: 2 }).toString();
}

/** Sends a message and takes its answer, which is not compressed. */
async function ask(peer: RawPeer, message: string): Promise<string> {
  peer.write(textFrame(message));
  const answer = await peer.frames.next();
  expect([answer.rsv, answer.opcode], message).toEqual([0, OPCODE.text]);
  return answer.payload.toString();
}

const address = (letter: string): string => letter.repeat(30);
const MINE = address('m');
const OTHERS = address('x');
const FILTER = JSON.stringify({ addresses: [MINE, address('n')], min_amount: '1' });

/** A transaction that pays somebody, in a message of about `bytes` bytes. */
function payment(n: number, to: string, bytes: number): EventDraft {
  const txid = n.toString(16).padStart(64, '0');
  const about = transaction(txid, [output(0, to, '5.00000000')]);
  return {
    ...draft('transaction', n, bytes),
    about: { kind: 'transaction', txid, status: 'mempool', transaction: about },
  };
}

/** What is passed on, and what is not; some too short to be compressed. */
const PAYMENTS = Array.from({ length: 24 }, (_, n) =>
  payment(n + 1, n % 3 === 1 ? OTHERS : MINE, n % 4 === 0 ? 0 : 600 + n * 300),
);

/** Each dialect: how it subscribes, with a filter where it has any; a question; a message that is wrong. */
const DIALECTS = [
  {
    dialect: 'native',
    subscribe: `{"action":"subscribe","topic":"transactions","filter":${FILTER},"id":1}`,
    isFiltered: true,
    question: '{"command":"getblockhash","params":[1],"id":2}',
    mistake: '{"action":"dance"}',
  },
  {
    dialect: 'JSON-RPC 2.0',
    subscribe: `{"jsonrpc":"2.0","method":"subscribe","params":{"topic":"transactions","filter":${FILTER}},"id":1}`,
    isFiltered: true,
    question: '{"jsonrpc":"2.0","method":"getblockhash","params":[1],"id":2}',
    mistake: '{"jsonrpc":"2.0","method":"subscribe","params":[7],"id":3}',
  },
  {
    dialect: 'JSON-RPC 1.0',
    subscribe: `{"method":"subscribe","params":["transactions",null,${FILTER}],"id":1}`,
    isFiltered: true,
    question: '{"method":"getblockhash","params":[1],"id":2}',
    mistake: '{"method":"dance","params":[],"id":3}',
  },
  {
    dialect: 'ZION',
    subscribe: '{"type":"subscribe","channels":["mempool"]}',
    isFiltered: false,
    question: '{"type":"get_status"}',
    mistake: '{"type":"dance"}',
  },
] as const;

describe('a client that compresses, beside one that does not', () => {
  it.each(DIALECTS)(
    'is sent the same in $dialect, byte for byte once it is inflated, and answers as they are',
    async ({ subscribe, isFiltered, question, mistake }) => {
      harness = await startServer({ compress: true });
      // Long enough to be worth it, if it were an event.
      harness.rpc.answer = () => Promise.resolve(`"${'y'.repeat(4 * MIN_COMPRESSED_BYTES)}"`);
      const all = [await connect(true), await connect(false)];
      const answers = async (message: string): Promise<void> => {
        const [one, other] = await Promise.all(all.map((peer) => ask(peer, message)));
        expect(one).toBe(other);
      };
      await answers(subscribe);
      const wanted = PAYMENTS.filter(({ about }) => !isFiltered || JSON.stringify(about).includes(MINE));
      const half = PAYMENTS.length / 2;
      const halves = [PAYMENTS.slice(0, half), PAYMENTS.slice(half)];
      const got: (readonly ServerFrame[])[] = [];
      for (const some of halves) {
        harness.log.append(some);
        const count = some.filter((each) => wanted.includes(each)).length;
        const frames = await Promise.all(all.map((peer) => peer.frames.take(count)));
        expect(frames[0]?.map(textOf)).toEqual(frames[1]?.map(textOf));
        got.push(...frames);
        // In between, and with the same answers in it.
        await answers(question);
        await answers(mistake);
        all[0]?.write(textFrame('{"type":"ping"}'));
        expect((await all[0]?.frames.next())?.rsv).toBe(0);
      }
      const [compressing = [], plain = []] = [0, 1].map((which) =>
        got.filter((_, index) => index % 2 === which).flat(),
      );
      expect(compressing.map(textOf).map((text) => /"n":(\d+)/.exec(text)?.[1])).toEqual(
        wanted.map(({ point }) => String(point.height)),
      );
      expect(plain.every(({ rsv }) => rsv === 0)).toBe(true);
      expect(compressing.map(({ rsv }) => rsv)).toEqual(
        plain.map(({ payload }) => (payload.length >= MIN_COMPRESSED_BYTES ? COMPRESSED : 0)),
      );
      expect(new Set(compressing.map(({ rsv }) => rsv)).size).toBe(2);
    },
  );

  it('is sent the same of a stream of Block Buster', async () => {
    const text = 'z'.repeat(4 * MIN_COMPRESSED_BYTES);
    let count = 0;
    const stream = defineStream({
      name: 'letters',
      everyMs: 100,
      fetch: () => ({ text, count: (count += 1) }),
    });
    harness = await startServer({ compress: true, streams: [stream] });
    const all = [await connect(true), await connect(false)];
    const messages: Map<number, string>[] = [];
    for (const peer of all) {
      expect(await ask(peer, '{"type":"subscribe","stream":"letters"}')).toContain('"type":"subscribed"');
      messages.push(new Map());
    }
    // Both were there for one of them.
    for (const [index, peer] of all.entries()) {
      while ((messages[index]?.size ?? 0) < 5) {
        const frame = await peer.frames.next();
        expect(frame.rsv).toBe(index === 0 ? COMPRESSED : 0);
        const body = textOf(frame);
        const { data } = JSON.parse(body) as { data: { count: number } };
        messages[index]?.set(data.count, body);
      }
    }
    const [one = new Map<number, string>(), other = new Map<number, string>()] = messages;
    const shared = [...one.keys()].filter((key) => other.has(key));
    expect(shared.length).toBeGreaterThan(0);
    for (const key of shared) expect(one.get(key)).toBe(other.get(key));
    peers[0]?.write(textFrame('{"type":"unsubscribe","stream":"letters"}'));
    const answer = await peers[0]?.frames.waitFor((frame) => textOf(frame).includes('"unsubscribed"'));
    expect(answer?.rsv).toBe(0);
  });
});

describe('an event for many clients that compress', () => {
  it('is compressed once for all of a dialect, whatever their filters are', async () => {
    harness = await startServer({ compress: true });
    const filters = [
      FILTER,
      JSON.stringify({ addresses: [MINE] }),
      JSON.stringify({ addresses: [OTHERS, MINE], status: ['mempool'] }),
      undefined,
    ];
    const all: RawPeer[] = [];
    for (let round = 0; round < 3; round += 1) {
      for (const filter of filters) {
        const peer = await connect(true);
        const more = filter === undefined ? '' : `,"filter":${filter}`;
        await ask(peer, `{"action":"subscribe","topic":"transactions"${more}}`);
        all.push(peer);
      }
    }
    const frame = vi.spyOn(Sender, 'frame');
    const events = Array.from({ length: 10 }, (_, n) => payment(n + 1, MINE, 2000));
    for (const event of events) harness.log.append([event]);
    const got = await Promise.all(all.map((peer) => peer.frames.take(events.length)));
    expect(got.flat().every(({ rsv }) => rsv === COMPRESSED)).toBe(true);
    for (const frames of got) expect(frames).toEqual(got[0]);
    expect(frame.mock.calls.filter(([, { rsv1 }]) => rsv1)).toHaveLength(events.length);
    expect(frame.mock.calls).toHaveLength(events.length);
  });
});
