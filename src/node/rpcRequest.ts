import { GatewayError } from '../protocol/gatewayError.js';
import { stringifyLossless } from './losslessJson.js';
import type { RpcCall, RpcParams } from './rpcTypes.js';

/** The params of a call cannot be sent: they are no JSON array, or hold a value that JSON has no form for. */
export class RpcParamsError extends GatewayError {
  constructor(method: string, detail: string, cause?: unknown) {
    super(`the params of ${method} cannot be sent: ${detail}`, { code: 'GW_ERR_RPC_PARAMS', cause });
  }
}

/** The body of a request for one call. Throws {@link RpcParamsError}. */
export function encodeCall(call: RpcCall, id: string): Buffer {
  return Buffer.from(callText(call, id));
}

/** The body of a request for a batch, items in order of `calls`. Throws {@link RpcParamsError}. */
export function encodeBatch(calls: readonly RpcCall[], ids: readonly string[]): Buffer {
  return Buffer.from(`[${calls.map((call, index) => callText(call, ids[index] ?? '')).join(',')}]`);
}

// `method` stands before `params`: of a key that occurs twice the node reads the first.
function callText(call: RpcCall, id: string): string {
  return `{"id":"${id}","method":${JSON.stringify(call.method)},"params":${paramsText(call.method, call.params)}}`;
}

function paramsText(method: string, params: RpcParams): string {
  if (!('rawArray' in params)) {
    try {
      return stringifyLossless(params);
    } catch (error) {
      throw new RpcParamsError(method, 'a value has no JSON form', error);
    }
  }
  // The text goes out as it came. It is parsed only to be sure that it is one array: a text that closes the array
  // early could otherwise add a call of its own to the request.
  if (!isArrayText(params.rawArray)) throw new RpcParamsError(method, 'not a JSON array');
  return params.rawArray;
}

function isArrayText(text: string): boolean {
  try {
    return Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}
