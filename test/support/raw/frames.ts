import { randomBytes } from 'node:crypto';

/** Opcodes of RFC 6455, 5.2. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** One frame of a client, right or wrong. */
export interface FrameParts {
  readonly opcode: number;
  readonly payload?: Buffer | string;
  /** True if absent. */
  readonly fin?: boolean;
  /** The three reserved bits as a number: 4 is RSV1. */
  readonly rsv?: number;
  /** Four bytes; `false` leaves the mask out, which is against the rules. */
  readonly mask?: Buffer | false;
  /** The length that the header tells, where it is not that of the payload. */
  readonly declaredLength?: bigint;
  /** How the length is written, where it is not the shortest way: 16 or 64 bits. */
  readonly lengthBits?: 16 | 64;
}

/** The bytes of one frame of a client. */
export function clientFrame(parts: FrameParts): Buffer {
  const { opcode, fin = true, rsv = 0, mask = randomBytes(4) } = parts;
  const payload = toBytes(parts.payload ?? '');
  const length = parts.declaredLength ?? BigInt(payload.length);
  const isMasked = mask !== false;
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const header = Buffer.concat([Buffer.from([first]), lengthBytes(length, parts.lengthBits, isMasked)]);
  if (mask === false) return Buffer.concat([header, payload]);
  const masked = Buffer.from(payload);
  for (let at = 0; at < masked.length; at += 1) masked[at] = (masked[at] ?? 0) ^ (mask[at % 4] ?? 0);
  return Buffer.concat([header, mask, masked]);
}

/** A whole text message in one frame. */
export const textFrame = (payload: Buffer | string): Buffer => clientFrame({ opcode: OPCODE.text, payload });

/** A close frame with a code, and words where there are some. */
export function closeFrame(code: number, reason: Buffer | string = ''): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return clientFrame({ opcode: OPCODE.close, payload: Buffer.concat([head, toBytes(reason)]) });
}

function toBytes(payload: Buffer | string): Buffer {
  return typeof payload === 'string' ? Buffer.from(payload) : payload;
}

function lengthBytes(length: bigint, bits: 16 | 64 | undefined, isMasked: boolean): Buffer {
  const maskBit = isMasked ? 0x80 : 0;
  if (bits === undefined && length < 126n) return Buffer.from([maskBit | Number(length)]);
  if (bits === 16 || (bits === undefined && length < 65_536n)) {
    const bytes = Buffer.from([maskBit | 126, 0, 0]);
    bytes.writeUInt16BE(Number(length), 1);
    return bytes;
  }
  const bytes = Buffer.alloc(9);
  bytes[0] = maskBit | 127;
  bytes.writeBigUInt64BE(length, 1);
  return bytes;
}

/** One frame of the server, as it came. */
export interface ServerFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly isMasked: boolean;
  readonly payload: Buffer;
}

/** Takes bytes as they come and gives each frame of the server when it is complete. */
export function createFrameReader(onFrame: (frame: ServerFrame) => void): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (let frame = takeFrame(pending); frame !== undefined; frame = takeFrame(pending)) {
      pending = pending.subarray(frame.bytes);
      onFrame(frame.frame);
    }
  };
}

function takeFrame(from: Buffer): { readonly frame: ServerFrame; readonly bytes: number } | undefined {
  if (from.length < 2) return undefined;
  const [first = 0, second = 0] = from;
  const short = second & 0x7f;
  const headerBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (from.length < headerBytes) return undefined;
  const length = short < 126 ? short : short === 126 ? from.readUInt16BE(2) : Number(from.readBigUInt64BE(2));
  const bytes = headerBytes + length;
  if (from.length < bytes) return undefined;
  const payload = Buffer.from(from.subarray(headerBytes, bytes));
  const frame = {
    fin: (first & 0x80) !== 0,
    rsv: (first >> 4) & 7,
    opcode: first & 0x0f,
    isMasked: (second & 0x80) !== 0,
    payload,
  };
  return { frame, bytes };
}
