import { readFileSync, statSync } from 'node:fs';
import { GatewayError } from '../protocol/gatewayError.js';

/** Longest file of settings that is read. */
const MAX_CONFIG_FILE_BYTES = 1024 * 1024;

/**
 * Reads the JSON file of `--config`. Its content is not checked here and never part of a message: it may hold a password.
 *
 * @throws GatewayError `GW_ERR_CONFIG_FILE` when it cannot be read or is no JSON.
 */
export function readConfigFile(path: string): unknown {
  let text: string;
  try {
    if (statSync(path).size > MAX_CONFIG_FILE_BYTES) {
      throw new GatewayError(`the file ${path} is longer than ${MAX_CONFIG_FILE_BYTES} bytes`, {
        code: 'GW_ERR_CONFIG_FILE',
      });
    }
    text = readFileSync(path, { encoding: 'utf8' });
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new GatewayError(`the file of --config cannot be read: ${path} (${why})`, {
      code: 'GW_ERR_CONFIG_FILE',
      cause: error,
    });
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    // The parser's message quotes the text, which may hold a password: only the place is told.
    const place = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined;
    const line = place === undefined ? '' : `, line ${text.slice(0, Number(place)).split('\n').length}`;
    throw new GatewayError(`the file of --config is no JSON: ${path}${line}`, { code: 'GW_ERR_CONFIG_FILE' });
  }
}
