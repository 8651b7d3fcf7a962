import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Logger } from 'pino';
import type { Settings } from './config/settings.js';
import { createChangeFilter, type ChangeFilter } from './gatewayFiles.js';
import { GatewayError } from './protocol/gatewayError.js';
import { isLoopback } from './server/access/clientAddress.js';
import type { TlsFiles } from './server/http/listeningServer.js';

/** What of the settings is about encryption. */
type TlsSettings = Pick<Settings, 'host' | 'insecure' | 'tlsCert' | 'tlsKey'>;

/**
 * Refuses to let other machines in without encryption, unless the settings say so.
 *
 * @throws GatewayError `GW_ERR_INSECURE` that says both ways.
 */
export function refuseInsecure({ host, insecure, tlsCert }: TlsSettings): void {
  if (isLoopback(host) || host.toLowerCase() === 'localhost' || insecure || tlsCert !== undefined) return;
  throw new GatewayError(
    `--host ${host} lets other machines in, and nothing would be encrypted: give a certificate with --tls-cert and --tls-key, or say --insecure where something in front of the gateway encrypts, or where only this machine reaches the port`,
    { code: 'GW_ERR_INSECURE' },
  );
}

/**
 * Reads certificate and key; absent where none is set.
 *
 * @throws GatewayError `GW_ERR_TLS` that says what is wrong with the files, and nothing of the key.
 */
export function readTls({ tlsCert, tlsKey }: TlsSettings): TlsFiles | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw tlsError('--tls-cert and --tls-key belong together: give both');
  }
  const cert = attempt(`--tls-cert ${tlsCert}`, 'needs a certificate as PEM', () => {
    const text = readFileSync(tlsCert, 'utf8');
    return { text, parsed: new X509Certificate(text) };
  });
  const key = attempt(`--tls-key ${tlsKey}`, 'needs a private key as PEM, without a passphrase', () => {
    const text = readFileSync(tlsKey, 'utf8');
    return { text, parsed: createPrivateKey(text) };
  });
  if (!cert.parsed.checkPrivateKey(key.parsed)) {
    throw tlsError(`--tls-key ${tlsKey}: is not the key of the certificate`);
  }
  const files = { cert: cert.text, key: key.text };
  attempt(`--tls-cert ${tlsCert}`, 'cannot be used', () => createSecureContext(files));
  return files;
}

/** Tells whether a pair is another than that of the last look. `first` is that of the start. */
export function createTlsFilter(first: TlsFiles | undefined): ChangeFilter {
  return createChangeFilter(textOf(first));
}

/** Reads them again while it runs: a pair that is new. A broken pair is logged once, and the old one stays. */
export function rereadTls(settings: TlsSettings, isNew: ChangeFilter, logger: Logger): TlsFiles | undefined {
  try {
    const files = readTls(settings);
    if (files === undefined || !isNew(textOf(files))) return undefined;
    logger.info({ valid_to: new X509Certificate(files.cert).validTo }, 'certificate read');
    return files;
  } catch (error) {
    if (isNew(String(error))) logger.error({ err: error }, 'certificate is broken: the old one is kept');
    return undefined;
  }
}

function textOf(files: TlsFiles | undefined): string {
  return files === undefined ? '' : `${files.cert}\n${files.key}`;
}

function attempt<T>(what: string, needed: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    const isMissing = error instanceof Error && 'syscall' in error && 'code' in error;
    throw tlsError(`${what}: ${isMissing ? `cannot be read (${String(error.code)})` : needed}`);
  }
}

/** Without a cause: what a parser says may hold parts of the key. */
function tlsError(message: string): GatewayError {
  return new GatewayError(message, { code: 'GW_ERR_TLS' });
}
