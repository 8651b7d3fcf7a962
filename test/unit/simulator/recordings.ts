import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** One RPC answer of a recording. */
export interface RecordedAnswer {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly status: number;
  readonly body: string;
}

/** One step of a recording. */
export interface RecordedStep {
  readonly label: string;
  readonly zmq: readonly { readonly topic: string; readonly body: string; readonly seq: number }[];
  readonly rpc: readonly RecordedAnswer[];
}

/** Reads a recording of a real node. */
export function readRecording(name: 'regtest-tour' | 'regtest-storm'): RecordedStep[] {
  const path = new URL(`../../fixtures/recordings/${name}.ndjson.gz`, import.meta.url);
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trim().split('\n');
  return lines.map((line) => {
    const step = JSON.parse(line) as Partial<RecordedStep>;
    return { label: step.label ?? '', zmq: step.zmq ?? [], rpc: step.rpc ?? [] };
  });
}

/** The text between `{"result":` and `,"error":` of an answer. */
export function resultText(answer: RecordedAnswer): string {
  return answer.body.slice('{"result":'.length, answer.body.lastIndexOf(',"error":'));
}
