import { ERROR_CODES, type ErrorName } from '../codes.js';
import { retryMember } from '../printMessages.js';

/** The codes that the JSON-RPC 2.0 specification fixes, section 5.1; a node uses the same ones. */
export const JSON_RPC_CODES = {
  parse_error: -32700,
  invalid_request: -32600,
  method_not_found: -32601,
  invalid_params: -32602,
  internal_error: -32603,
  /** First of those that are left to the server; the gateway's own code is in `data`. */
  server_error: -32000,
} as const;

const { parse_error, invalid_request, method_not_found, invalid_params, internal_error, server_error } =
  JSON_RPC_CODES;

const CODES: Partial<Readonly<Record<ErrorName, number>>> = {
  not_json: parse_error,
  not_an_object: invalid_request,
  unknown_message: invalid_request,
  unknown_action: invalid_request,
  invalid_field: invalid_request,
  binary_frame: invalid_request,
  too_deep: invalid_request,
  batch_too_big: invalid_request,
  unknown_command: method_not_found,
  forbidden_command: method_not_found,
  forbidden_params: invalid_params,
  params_not_array: invalid_params,
  unknown_topic: invalid_params,
  cursor_malformed: invalid_params,
  internal: internal_error,
};

/** The `error` object: the standard code, and the gateway's own with its name in `data`. The node's own codes stay as they are. */
export function jsonRpcError(
  code: ErrorName | number,
  message: string,
  more: { readonly cursor?: string | undefined; readonly retryAfterMs?: number | undefined } = {},
): string {
  const text = JSON.stringify(message);
  if (typeof code === 'number') return `{"code":${code},"message":${text}}`;
  const position = more.cursor === undefined ? '' : `,"cursor":${JSON.stringify(more.cursor)}`;
  const data = `{"code":${ERROR_CODES[code]},"name":"${code}"${position}${retryMember(more.retryAfterMs)}}`;
  return `{"code":${CODES[code] ?? server_error},"message":${text},"data":${data}}`;
}
