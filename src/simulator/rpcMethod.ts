import { JsonNumber, type JsonValue } from './jsonText.js';
import type { Peers } from './peers.js';
import type { SimulatorControl } from './simulatorControl.js';
import type { World } from './world.js';

/** An answer with an error object. Codes are the node's (`rpc/protocol.h:34-90`). */
export class RpcError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
    this.name = 'RpcError';
  }
}

/** What methods can see of the node that they belong to. */
export interface NodeView {
  /** The chain now behind the address; another one after a switch. */
  world(): World;
  readonly control: SimulatorControl;
  readonly peers: Pick<Peers, 'count' | 'print' | 'totals'>;
  /** What its own miner does; 0 while it does not mine. */
  hashesPerSecond(): number;
  readonly txIndex: boolean;
  readonly spentIndex: boolean;
  inInitialSync(): boolean;
  /** Headers known ahead of the blocks, as in initial sync. */
  headersAhead(): number;
  /** Blocks below this height are gone; 0 when nothing was pruned. */
  prunedBelow(): number;
  /** Seconds since start. */
  uptimeSeconds(): number;
  /** Resolves when the tip moves, or after this many milliseconds (0: never). */
  waitForTip(timeoutMs: number): Promise<void>;
  /** Ends the node, after the answer. */
  stopSoon(): void;
}

/** Params of one call, as they were sent. */
export type Params = readonly JsonValue[];

/** One RPC method. */
export interface RpcMethod {
  /** Names of the params, for calls with named ones; its length is the most that are taken. */
  readonly params: readonly string[];
  /** How many of them must be given. */
  readonly required: number;
  /** The text of the result. Throws {@link RpcError}. */
  run(params: Params): string | Promise<string>;
}

/** Methods by name. */
export type MethodTable = Readonly<Record<string, RpcMethod>>;

/** Puts a method together. */
export function method(params: readonly string[], required: number, run: RpcMethod['run']): RpcMethod {
  return { params, required, run };
}

const isAbsent = (value: JsonValue | undefined): value is null | undefined =>
  value === undefined || value === null;

/** A text, or `fallback` when it is absent. */
export function textParam(params: Params, index: number, fallback?: string): string {
  const value = params[index];
  if (isAbsent(value) && fallback !== undefined) return fallback;
  if (typeof value !== 'string') throw new RpcError(-1, 'JSON value is not a string as expected');
  return value;
}

/** A whole number of 32 bits, or `fallback` when it is absent. */
export function integerParam(params: Params, index: number, fallback?: number): number {
  const value = params[index];
  if (isAbsent(value) && fallback !== undefined) return fallback;
  if (!(value instanceof JsonNumber)) throw new RpcError(-1, 'JSON value is not an integer as expected');
  const number = Number(value.text);
  if (!/^-?\d+$/u.test(value.text) || number > 2_147_483_647 || number < -2_147_483_648) {
    throw new RpcError(-1, 'JSON integer out of range');
  }
  return number;
}

/** A truth value (numbers count: 0 is false), or `fallback` when it is absent. */
export function booleanParam(params: Params, index: number, fallback: boolean): boolean {
  const value = params[index];
  if (isAbsent(value)) return fallback;
  if (value instanceof JsonNumber) return Number(value.text) !== 0;
  if (typeof value !== 'boolean') throw new RpcError(-1, 'JSON value is not a boolean as expected');
  return value;
}

/** A txid; unlike block hashes these are read strictly. */
export function txidParam(params: Params, index: number): string {
  const text = textParam(params, index);
  const name = `parameter ${index + 1}`;
  if (!/^(?:[0-9a-f]{2})+$/iu.test(text)) {
    throw new RpcError(-8, `${name} must be hexadecimal string (not '${text}')`);
  }
  if (text.length !== 64) throw new RpcError(-8, `${name} must be of length 64 (not ${text.length})`);
  return text.toLowerCase();
}

/** Bytes of a hex text. */
export function hexParam(params: Params, index: number, code: number, message: string): Uint8Array {
  const text = textParam(params, index);
  if (!/^(?:[0-9a-f]{2})*$/iu.test(text)) throw new RpcError(code, message);
  return Uint8Array.from(Buffer.from(text, 'hex'));
}
