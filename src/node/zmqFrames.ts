import { NOTICE_TOPICS, type Notice, type NoticeTopic } from './noticeTypes.js';

/** One well-formed notice: its topic, the topic's counter, and what it says. */
export interface ParsedNotice {
  readonly topic: NoticeTopic;
  /** 0 to 2^32 − 1. */
  readonly counter: number;
  readonly notice: Notice;
}

const HASH_BYTES = 32;
const COUNTER_BYTES = 4;
/** Hash and label, and the 8-byte number that A and R carry. */
const SEQUENCE_BYTES = HASH_BYTES + 1;
const NUMBERED_SEQUENCE_BYTES = SEQUENCE_BYTES + 8;

/**
 * Reads the frames of one ZMQ message: topic, body, 4-byte little-endian counter. Strict, because subscriptions match by prefix
 * and the node may use one socket from two threads: `undefined` for any other number of frames, a topic that is not
 * exactly one of the known ones, and a body of another length. The node publishes hashes in display order.
 */
export function parseNotice(frames: readonly Buffer[]): ParsedNotice | undefined {
  const [topicFrame, body, counterFrame] = frames;
  if (frames.length !== 3 || !topicFrame || !body || counterFrame?.length !== COUNTER_BYTES) return undefined;
  const topicText = topicFrame.toString('latin1');
  const topic = NOTICE_TOPICS.find((known) => known === topicText);
  if (topic === undefined) return undefined;
  const notice = parseBody(topic, body);
  return notice === undefined ? undefined : { topic, counter: counterFrame.readUInt32LE(), notice };
}

function parseBody(topic: NoticeTopic, body: Buffer): Notice | undefined {
  switch (topic) {
    case 'hashblock':
      return body.length === HASH_BYTES ? { type: 'block', hashHex: body.toString('hex') } : undefined;
    case 'hashtx':
      return body.length === HASH_BYTES ? { type: 'transaction', txidHex: body.toString('hex') } : undefined;
    case 'sequence':
      return parseSequence(body);
  }
}

/** Bitcoin Core's layout: C and D end after the label, A and R carry the mempool's number, little-endian. */
function parseSequence(body: Buffer): Notice | undefined {
  if (body.length !== SEQUENCE_BYTES && body.length !== NUMBERED_SEQUENCE_BYTES) return undefined;
  const hashHex = body.toString('hex', 0, HASH_BYTES);
  const label = String.fromCharCode(body[HASH_BYTES] ?? 0);
  if (label !== 'C' && label !== 'D' && label !== 'A' && label !== 'R') return undefined;
  if (body.length === SEQUENCE_BYTES) return { type: 'sequence', hashHex, label };
  return {
    type: 'sequence',
    hashHex,
    label,
    mempoolSequence: body.readBigUInt64LE(SEQUENCE_BYTES).toString(),
  };
}
