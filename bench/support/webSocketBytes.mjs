// WebSocket on bytes, as far as load needs it: RFC 6455 without a library, so that the clients cost little and the same for every server.
import { randomBytes } from 'node:crypto';

const OPCODE_TEXT = 1;
const OPCODE_PING = 9;
const OPCODE_PONG = 10;
const OPCODE_CLOSE = 8;

/** The request of an opening handshake. */
export function handshakeRequest(port, path, { protocol } = {}) {
  return (
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n` +
    (protocol === undefined ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`) +
    '\r\n'
  );
}

/** One masked frame; the mask is zero, which the rules allow and which leaves the bytes as they are. */
function maskedFrame(opcode, payload) {
  const { length } = payload;
  const header = length < 126 ? Buffer.from([0x80 | opcode, 0x80 | length]) : Buffer.alloc(4);
  if (length >= 126) {
    header[0] = 0x80 | opcode;
    header[1] = 0x80 | 126;
    header.writeUInt16BE(length, 2);
  }
  return Buffer.concat([header, Buffer.alloc(4), payload]);
}

/** One text message of a client, shorter than 64 KiB. */
export const clientMessage = (text) => maskedFrame(OPCODE_TEXT, Buffer.from(text));

/** The answer to a ping. */
export const clientPong = (payload) => maskedFrame(OPCODE_PONG, payload);

/** One unmasked text frame, as servers send it. */
export function serverFrame(payload) {
  const { length } = payload;
  let header;
  if (length < 126) header = Buffer.from([0x80 | OPCODE_TEXT, length]);
  else if (length < 65_536) {
    header = Buffer.from([0x80 | OPCODE_TEXT, 126, 0, 0]);
    header.writeUInt16BE(length, 2);
  } else {
    header = Buffer.alloc(10);
    header[0] = 0x80 | OPCODE_TEXT;
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([header, payload]);
}

/**
 * Walks the frames of one connection. Payloads are not gathered: `onData(headBytes)` is called once for each data frame when it is
 * complete, with the first bytes of its payload where `headBytes` asks for some.
 *
 * @param {{ onData: (head: Buffer | undefined, payloadBytes: number) => void, onPing: (payload: Buffer) => void, onClose: (payload: Buffer) => void }} handlers
 * @param {number} headBytes how many bytes of each payload `onData` wants; 0 costs least
 */
export function createFrameWalker({ onData, onPing, onClose }, headBytes = 0) {
  let pending = Buffer.alloc(0);
  let left = 0;
  let opcode = 0;
  let length = 0;
  let head = [];
  let headLeft = 0;

  const finish = () => {
    const kept = headBytes > 0 || opcode > 7 ? Buffer.concat(head) : undefined;
    if (opcode === OPCODE_PING) onPing(kept);
    else if (opcode === OPCODE_CLOSE) onClose(kept);
    else if (opcode < 8) onData(kept, length);
    head = [];
  };

  return (chunk) => {
    let at = 0;
    if (pending.length > 0) {
      chunk = Buffer.concat([pending, chunk]);
      pending = Buffer.alloc(0);
    }
    const end = chunk.length;
    while (at < end) {
      if (left === 0) {
        if (end - at < 2) break;
        const short = chunk[at + 1] & 0x7f;
        const headerBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
        if (end - at < headerBytes) break;
        opcode = chunk[at] & 0x0f;
        length =
          short < 126
            ? short
            : short === 126
              ? chunk.readUInt16BE(at + 2)
              : Number(chunk.readBigUInt64BE(at + 2));
        left = length;
        headLeft = opcode > 7 ? length : Math.min(length, headBytes);
        at += headerBytes;
        if (left === 0) {
          finish();
          continue;
        }
      }
      const taken = Math.min(left, end - at);
      if (headLeft > 0) {
        const kept = Math.min(headLeft, taken);
        head.push(Buffer.from(chunk.subarray(at, at + kept)));
        headLeft -= kept;
      }
      left -= taken;
      at += taken;
      if (left === 0) finish();
    }
    if (at < end) pending = Buffer.from(chunk.subarray(at));
  };
}
