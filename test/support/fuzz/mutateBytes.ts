import type { RandomSource } from '../../../src/simulator/randomSource.js';
import { clientFrame, closeFrame, OPCODE, textFrame } from '../raw/frames.js';
import { handshakeText } from '../raw/rawPeer.js';

const JSON_BODY = '{"jsonrpc":"2.0","method":"getblockcount","id":1}';
const TEXTS = [
  '{"action":"subscribe","topic":"all","id":1}',
  '{"action":"subscribe","topic":"blocks","from":"genesis"}',
  '{"command":"getblockcount","params":[],"id":1}',
  '{"type":"ping"}',
  `[${JSON_BODY},${JSON_BODY}]`,
  '{"action":"update","topic":"transactions","add":{"addresses":["x"]}}',
  '',
];
/** Bytes at which programs err. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x0d, 0x20, 0x22, 0x3a, 0x2c, 0x7e, 0xfe];
const LENGTHS = [
  0n,
  125n,
  126n,
  65_535n,
  65_536n,
  1n << 20n,
  1n << 31n,
  1n << 53n,
  1n << 63n,
  (1n << 64n) - 1n,
];

/** Inputs of byte level: what one connection sends, in the parts in which it is sent. */
export type RawInput = readonly Buffer[];

/** Makes a raw input: right requests and frames, and what becomes of them. The same source gives the same inputs. */
export function createRawInputs(random: RandomSource, port: number): () => RawInput {
  const requests = plainRequests(port);

  function frame(): Buffer {
    const payload = random.chance(0.8)
      ? Buffer.from(random.pick(TEXTS))
      : Buffer.from(random.bytes(random.integer(300)));
    if (random.chance(0.4)) return textFrame(payload);
    if (random.chance(0.1)) return closeFrame(random.integer(65_536), payload.subarray(0, 130));
    return clientFrame({
      opcode: random.chance(0.7) ? random.pick(Object.values(OPCODE)) : random.integer(16),
      payload,
      fin: random.chance(0.7),
      rsv: random.chance(0.85) ? 0 : random.integer(8),
      mask: random.chance(0.93) ? Buffer.from(random.bytes(4)) : false,
      ...(random.chance(0.85) ? {} : { declaredLength: random.pick(LENGTHS), lengthBits: 64 as const }),
    });
  }

  function frames(): Buffer {
    return Buffer.concat(Array.from({ length: random.between(1, 12) }, frame));
  }

  /** One change of the kinds that find mistakes in parsers. */
  function mutate(bytes: Buffer, other: Buffer): Buffer {
    if (bytes.length === 0) return other;
    const at = random.integer(bytes.length);
    const end = Math.min(bytes.length, at + 1 + random.integer(16));
    const [before, within, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
    switch (random.integer(9)) {
      case 0: {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ (1 << random.integer(8));
        return changed;
      }
      case 1: {
        const changed = Buffer.from(bytes);
        changed[at] = random.pick(EDGES);
        return changed;
      }
      case 2:
        return Buffer.concat([before, Buffer.from(random.bytes(1 + random.integer(8))), within, after]);
      case 3:
        return Buffer.concat([before, after]);
      case 4:
        return Buffer.concat([
          before,
          ...Array.from({ length: 2 + random.integer(20) }, () => within),
          after,
        ]);
      case 5:
        return Buffer.from(before);
      case 6:
        return Buffer.concat([before, other.subarray(random.integer(other.length + 1))]);
      case 7:
        return Buffer.concat([
          before,
          Buffer.from(
            random.pick(['\r\n', '\0', '\r\n\r\n', ': ', 'chunked', '99999999999', '%00', '\u00ff']),
          ),
          within,
          after,
        ]);
      default:
        return Buffer.concat([after, within, before]);
    }
  }

  function mutated(bytes: Buffer, other: Buffer): Buffer {
    let changed = bytes;
    for (let turn = random.between(0, 4); turn > 0; turn -= 1) changed = mutate(changed, other);
    return changed;
  }

  /** Cut at any places, so that each part is read by itself, or not. */
  function cut(bytes: Buffer): RawInput {
    if (random.chance(0.6)) return [bytes];
    const places = Array.from({ length: random.between(1, 6) }, () => random.integer(bytes.length + 1)).sort(
      (a, b) => a - b,
    );
    return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
  }

  return () => {
    const handshake = Buffer.from(handshakeText(port));
    const kind = random.integer(10);
    if (kind < 5) return cut(Buffer.concat([handshake, mutated(frames(), frames())]));
    if (kind < 7) return cut(Buffer.concat([mutated(handshake, random.pick(requests)), frames()]));
    const request = random.pick(requests);
    return cut(mutated(Buffer.concat([request, random.pick(requests)]), handshake));
  };
}

function plainRequests(port: number): readonly Buffer[] {
  const host = `Host: 127.0.0.1:${port}\r\n`;
  const post = (headers: string, body: string): string =>
    `POST / HTTP/1.1\r\n${host}Content-Type: application/json\r\n${headers}\r\n${body}`;
  return [
    `GET /health HTTP/1.1\r\n${host}\r\n`,
    `GET / HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
    `HEAD /ready HTTP/1.1\r\n${host}\r\n`,
    `GET /ws?x=1 HTTP/1.0\r\n${host}\r\n`,
    `OPTIONS * HTTP/1.1\r\n${host}\r\n`,
    `CONNECT example.org:443 HTTP/1.1\r\n${host}\r\n`,
    post(`Content-Length: ${JSON_BODY.length}\r\n`, JSON_BODY),
    post(
      'Transfer-Encoding: chunked\r\n',
      `${JSON_BODY.length.toString(16)}\r\n${JSON_BODY}\r\n0\r\nTrailer: x\r\n\r\n`,
    ),
    post(`Content-Length: ${JSON_BODY.length}\r\nExpect: 100-continue\r\n`, JSON_BODY),
    post('Authorization: Basic dXNlcjpwYXNz\r\nContent-Length: 2\r\n', '{}'),
    post('Authorization: Bearer egw_nothing\r\nContent-Length: 2\r\n', '[]'),
    post('Content-Length: 3000000\r\n', 'x'.repeat(500)),
    post('Origin: http://evil.example\r\nContent-Length: 2\r\n', '[]'),
    `PUT / HTTP/1.1\r\n${host}Content-Length: 3\r\n\r\nabc`,
  ].map((text) => Buffer.from(text));
}
