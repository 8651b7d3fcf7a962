import { createFrameReader, OPCODE, type ServerFrame } from '../raw/frames.js';
import type { DocumentedCodes } from './documentedCodes.js';

/** What a message of the gateway is to who sent something. */
export type MessageKind = 'answer' | 'event' | 'closing';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Looks at everything that a gateway says. Each throws an error in words when something is not as the documents say. */
export interface Judge {
  /** One text message. */
  message(text: string): MessageKind;
  close(code: number | undefined): void;
  /** All bytes of one connection that began with HTTP, from its first to its last. */
  connection(bytes: Buffer): void;
}

/** Types of native messages that answer something. */
const ANSWERS: ReadonlySet<unknown> = new Set([
  'response',
  'authenticated',
  'subscribed',
  'unsubscribed',
  'pong',
  'status',
]);
const PROGRESS: ReadonlySet<unknown> = new Set(['live', 'catching_up']);
const NO_CHUNKS = '0\r\n\r\n';
const HEAD_END = Buffer.from('\r\n\r\n');

/** Judges by the codes that are documented. */
export function createJudge(codes: DocumentedCodes): Judge {
  function errorCode(code: unknown, text: string): void {
    if (typeof code !== 'number' || !Number.isInteger(code))
      throw new Error(`an error without code: ${text}`);
    // What the node says has the node's negative code.
    if (code < 0 || codes.errors.has(code)) return;
    throw new Error(`error ${code} is not documented: ${text}`);
  }

  function rpcAnswer(json: Json, text: string): void {
    const { error } = json;
    if (error === undefined || error === null) return;
    if (!isObject(error)) throw new Error(`an error that is no object: ${text}`);
    const { code, data } = error;
    if (typeof code !== 'number' || code >= 0) throw new Error(`JSON-RPC error ${String(code)}: ${text}`);
    if (!isObject(data)) return;
    errorCode(data['code'], text);
    if (!codes.jsonRpcErrors.has(code) && code !== -32_000)
      throw new Error(`JSON-RPC error ${code} is not documented: ${text}`);
  }

  function ofType(json: Json, text: string): MessageKind {
    const { type, status, topic, channels, data } = json;
    if (type === 'error') {
      errorCode(isObject(data) ? data['code'] : undefined, text);
      // One that names a topic, or channels, tells of a subscription that has ended.
      return topic === undefined && channels === undefined ? 'answer' : 'event';
    }
    if (type === 'subscription') return PROGRESS.has(status) ? 'event' : 'answer';
    if (type === 'closing') return 'closing';
    return ANSWERS.has(type) ? 'answer' : 'event';
  }

  function message(text: string): MessageKind {
    const json: unknown = JSON.parse(text);
    if (Array.isArray(json)) {
      for (const item of json) rpcAnswer(item as Json, text);
      return 'answer';
    }
    if (!isObject(json)) throw new Error(`a message that is no object: ${text}`);
    if (typeof json['type'] === 'string') return ofType(json, text);
    if (typeof json['method'] === 'string') return 'event';
    rpcAnswer(json, text);
    return 'answer';
  }

  function close(code: number | undefined): void {
    // 1000 and the codes of applications come back to who sent them; without a code there is no code.
    if (code === undefined || codes.closes.has(code) || code === 1000 || code >= 3000) return;
    if ([1003, 1010, 1012, 1014].includes(code)) return;
    throw new Error(`closed with ${code}, which is not documented`);
  }

  function frames(bytes: Buffer): void {
    const found: ServerFrame[] = [];
    createFrameReader((frame) => found.push(frame))(bytes);
    for (const { isMasked, rsv, fin, opcode, payload } of found) {
      if (isMasked || rsv !== 0 || !fin) throw new Error('a frame that no server sends');
      if (opcode === OPCODE.text) message(payload.toString('utf8'));
      else if (opcode === OPCODE.close) close(payload.length < 2 ? undefined : payload.readUInt16BE());
      else if (opcode !== OPCODE.ping && opcode !== OPCODE.pong)
        throw new Error(`a frame of opcode ${opcode}`);
    }
  }

  /** The body of a plain answer, and what is behind it. */
  function body(head: string, rest: Buffer): Buffer {
    // The HTTP server's own answers: chunks, and there are none.
    if (/^transfer-encoding: chunked/im.test(head)) return rest.subarray(NO_CHUNKS.length);
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    const text = rest.toString('utf8', 0, length);
    // The answer to HEAD has none, whatever its length; a cut one says nothing.
    if (rest.length < length || !/^content-type: application\/json/im.test(head))
      return rest.subarray(Math.min(length, rest.length));
    if (text.trim() !== '') {
      const json: unknown = JSON.parse(text);
      if (isObject(json) && typeof json['code'] === 'number') errorCode(json['code'], text);
      else if (isObject(json) && ('result' in json || isObject(json['error']))) rpcAnswer(json, text);
    }
    return rest.subarray(length);
  }

  function connection(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) {
      const end = rest.indexOf(HEAD_END);
      // Cut off by the end of the connection.
      if (end < 0) return;
      const head = rest.toString('latin1', 0, end);
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
      if (status !== 100 && !codes.httpStatuses.has(status))
        throw new Error(`an answer that is not documented: ${head}`);
      rest = rest.subarray(end + HEAD_END.length);
      if (status === 101) {
        frames(rest);
        return;
      }
      // The answer to a HEAD has a length and no body: what follows begins the next answer.
      rest = rest.toString('latin1', 0, 5) === 'HTTP/' ? rest : body(head, rest);
    }
  }

  return { message, close, connection };
}
