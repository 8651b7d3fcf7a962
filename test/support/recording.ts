import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';

/** The recordings of a real node that stand in test/fixtures/recordings. */
export const RECORDING_NAMES = ['regtest-tour', 'regtest-storm'] as const;

/** Name of a recording. */
export type RecordingName = (typeof RECORDING_NAMES)[number];

/** One ZMQ message as the node published it. */
export interface RecordedNotice {
  readonly topic: string;
  /** The body frame, hex. */
  readonly bodyHex: string;
  /** The counter frame's number: one counter a topic. */
  readonly counter: number;
}

/** One RPC answer as the node sent it, after the step. */
export interface RecordedAnswer {
  readonly method: string;
  readonly params: readonly unknown[];
  /** HTTP status. */
  readonly status: number;
  /** The exact text of the body; it ends with `"id":1}` and a line feed. */
  readonly body: string;
}

/** One step: what was published while something was done to the node, and what it answered afterwards. */
export interface RecordedStep {
  readonly index: number;
  readonly label: string;
  readonly notices: readonly RecordedNotice[];
  readonly answers: readonly RecordedAnswer[];
}

/** A whole recording. */
export interface Recording {
  readonly name: RecordingName;
  readonly steps: readonly RecordedStep[];
  /** Index of the first step that holds the state of the chain (`getbestblockhash`): where a replay starts. */
  readonly startIndex: number;
}

/** Reads a recording. Bodies stay the text that the node sent. */
export async function readRecording(name: RecordingName): Promise<Recording> {
  const file = new URL(`../fixtures/recordings/${name}.ndjson.gz`, import.meta.url);
  const lines = gunzipSync(await readFile(file))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  const steps = lines.map(readStep);
  const startIndex = steps.findIndex((step) => answersOf(step, 'getbestblockhash').length > 0);
  if (startIndex < 0) throw new Error(`the recording ${name} holds no state of the chain`);
  return { name, steps, startIndex };
}

/** The answers of one step to one method, in order. */
export function answersOf(step: RecordedStep, method: string): readonly RecordedAnswer[] {
  return step.answers.filter((answer) => answer.method === method);
}

/** Reads the `result` of an answer, with JavaScript's numbers: for hashes, heights and txids, not for amounts. */
export function resultOf(answer: RecordedAnswer): unknown {
  return (JSON.parse(answer.body) as { readonly result: unknown }).result;
}

/** The exact text of an answer's `result`; throws for an answer that has none. */
export function resultTextOf(answer: Pick<RecordedAnswer, 'body'>): string {
  const text = /^\{"result":(.*),"error":null,"id":1\}\n$/s.exec(answer.body)?.[1];
  if (text === undefined) throw new Error(`no result in ${answer.body.slice(0, 200)}`);
  return text;
}

interface StepLine {
  readonly label: string;
  readonly zmq: readonly { readonly topic: string; readonly body: string; readonly seq: number }[];
  readonly rpc: readonly RecordedAnswer[];
}

function readStep(line: string, index: number): RecordedStep {
  const step = JSON.parse(line) as StepLine;
  return {
    index,
    label: step.label,
    notices: step.zmq.map(({ topic, body, seq }) => ({ topic, bodyHex: body, counter: seq })),
    answers: step.rpc,
  };
}
