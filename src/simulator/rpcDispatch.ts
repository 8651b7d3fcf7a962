import type { Logger } from 'pino';
import { jsonString, parseJson, printJson, type JsonValue } from './jsonText.js';
import { RpcError, type MethodTable, type Params, type RpcMethod } from './rpcMethod.js';

/** An HTTP answer of the RPC. */
export interface RpcAnswer {
  readonly status: number;
  readonly body: string;
}

/** How requests are answered. */
export interface DispatchDeps {
  readonly methods: MethodTable;
  /** The phase of the warm-up, while there is one: every call is answered with −28 and this text. */
  warmUpPhase(): string | undefined;
  /** An error that a fault wants for a method. */
  faultOf(method: string): RpcError | undefined;
  /** Counts calls. */
  called(method: string): void;
  readonly logger: Logger | undefined;
}

const isObject = (value: JsonValue | undefined): value is ReadonlyMap<string, JsonValue> =>
  value instanceof Map;

/** Version-1 answer: result, error and id are always there (`rpc/protocol.cpp` of the node). */
function reply(id: string, result: string | undefined, error?: RpcError): string {
  const errorText =
    error === undefined ? 'null' : `{"code":${error.code},"message":${jsonString(error.message)}}`;
  return `{"result":${result ?? 'null'},"error":${errorText},"id":${id}}`;
}

/** The HTTP status of an error of a single request. */
function statusOf(error: RpcError): number {
  if (error.code === -32600) return 400;
  return error.code === -32601 ? 404 : 500;
}

/** Several kilobytes, as the node's help texts are: whoever passes errors on has to shorten them. */
function usage(name: string, entry: RpcMethod): string {
  const args = entry.params
    .map((param, index) => (index < entry.required ? param : `( ${param} )`))
    .join(' ');
  const lines = entry.params.map(
    (param, index) => `${index + 1}. ${param}${' '.repeat(40)}what the call is about\n`,
  );
  return `${name} ${args}\n\nThe arguments were too few or too many.\n\nArguments:\n${lines.join('')}\nExamples:\n${`> evrmore-cli ${name}\n`.repeat(60)}`;
}

/** Params in their order: an array as it is, an object by the names of the method. */
function orderParams(value: JsonValue | undefined, entry: RpcMethod): Params {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value as readonly JsonValue[];
  if (!isObject(value)) throw new RpcError(-32600, 'Params must be an array or object');
  const ordered: JsonValue[] = [];
  for (const [name, member] of value) {
    const index = entry.params.indexOf(name);
    if (index < 0) throw new RpcError(-8, `Unknown named parameter ${name}`);
    while (ordered.length < index) ordered.push(null);
    ordered[index] = member;
  }
  return ordered;
}

async function callMethod(request: ReadonlyMap<string, JsonValue>, deps: DispatchDeps): Promise<string> {
  const name = request.get('method');
  if (name === undefined || name === null) throw new RpcError(-32600, 'Missing method');
  if (typeof name !== 'string') throw new RpcError(-32600, 'Method must be a string');
  const params = request.get('params');
  if (params !== undefined && params !== null && !Array.isArray(params) && !isObject(params)) {
    throw new RpcError(-32600, 'Params must be an array or object');
  }
  deps.called(name);
  const phase = deps.warmUpPhase();
  if (phase !== undefined) throw new RpcError(-28, phase);
  const entry = Object.hasOwn(deps.methods, name) ? deps.methods[name] : undefined;
  if (entry === undefined) throw new RpcError(-32601, 'Method not found');
  const fault = deps.faultOf(name);
  if (fault !== undefined) throw fault;
  const ordered = orderParams(params, entry);
  if (ordered.length < entry.required || ordered.length > entry.params.length)
    throw new RpcError(-1, usage(name, entry));
  return entry.run(ordered);
}

async function answerOne(
  request: JsonValue,
  deps: DispatchDeps,
): Promise<{ text: string; error: RpcError | undefined }> {
  const id = isObject(request) ? printJson(request.get('id') ?? null) : 'null';
  try {
    if (!isObject(request)) throw new RpcError(-32600, 'Invalid Request object');
    return { text: reply(id, await callMethod(request, deps)), error: undefined };
  } catch (thrown) {
    let error: RpcError;
    if (thrown instanceof RpcError) error = thrown;
    else {
      deps.logger?.error({ err: thrown }, 'simulated RPC call failed');
      error = new RpcError(-1, thrown instanceof Error ? thrown.message : 'unknown error');
    }
    return { text: reply(id, undefined, error), error };
  }
}

/** The methods that a body asks for, for faults; empty for what cannot be read. */
export function methodsOf(body: JsonValue): string[] {
  const requests = Array.isArray(body) ? (body as readonly JsonValue[]) : [body];
  return requests
    .map((request) => (isObject(request) ? request.get('method') : undefined))
    .filter((name) => typeof name === 'string');
}

/** Reads a body; a {@link RpcError} for what is no JSON. */
export function readBody(text: string): JsonValue | RpcError {
  try {
    return parseJson(text);
  } catch {
    return new RpcError(-32700, 'Parse error');
  }
}

/** Answers a body: one request, or a batch, item after item. */
export async function answerBody(body: JsonValue | RpcError, deps: DispatchDeps): Promise<RpcAnswer> {
  if (body instanceof RpcError) return { status: 500, body: `${reply('null', undefined, body)}\n` };
  if (Array.isArray(body)) {
    const items: string[] = [];
    for (const item of body as readonly JsonValue[]) items.push((await answerOne(item, deps)).text);
    return { status: 200, body: `[${items.join(',')}]\n` };
  }
  if (!isObject(body)) {
    const error = new RpcError(-32700, 'Top-level object parse error');
    return { status: 500, body: `${reply('null', undefined, error)}\n` };
  }
  const { text, error } = await answerOne(body, deps);
  return { status: error === undefined ? 200 : statusOf(error), body: `${text}\n` };
}
