import type { IncomingHttpHeaders } from 'node:http';
import type { Refusal } from './refusal.js';

/** What a page of another site may send without being asked first (Fetch standard, CORS-safelisted). */
const FORM_TYPES: readonly string[] = ['application/x-www-form-urlencoded', 'multipart/form-data'];

/**
 * Whether a POST may be a request that a page makes its reader's browser send: a form's types never pass, and what comes from a browser
 * has to be JSON, which browsers ask leave for before they send it to another site. Programs may send `text/plain`, as the
 * node's own examples do.
 */
export function decideContentType(headers: IncomingHttpHeaders): Refusal | undefined {
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (/^application\/json(-rpc|request)?$/.test(type)) return undefined;
  const isFromBrowser = headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;
  if (!isFromBrowser && !FORM_TYPES.includes(type)) return undefined;
  return {
    status: 415,
    error: 'unsupported_media_type',
    message: 'send JSON-RPC with Content-Type: application/json',
  };
}
