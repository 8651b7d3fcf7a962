/** What Node and OpenSSL say of a certificate that is not trusted, as a code or in words. */
const UNTRUSTED = /certificate|_CERT|CERT_|ALTNAME|UNABLE_TO_/i;
/** What they say where the other side answers something else than TLS. */
const NO_TLS = /EPROTO|WRONG_VERSION_NUMBER|wrong version number|PACKET_LENGTH/i;
/** How a server that waits for TLS ends a connection that begins with plain HTTP. */
const CUT = /ECONNRESET|socket hang up/i;

/**
 * Words for a gateway that could not be reached, with what to do about it.
 *
 * @param url Where it was looked for: `ws://…` or `wss://…`.
 * @param reason Code or message of the error.
 */
export function describeNoGateway(url: string, reason: string): string {
  if (url.startsWith('wss:')) {
    if (UNTRUSTED.test(reason)) {
      return `the certificate at ${url} is not trusted: use the host name that stands in it, or name its file in NODE_EXTRA_CA_CERTS (${reason})`;
    }
    if (NO_TLS.test(reason)) return `no TLS is spoken at ${url}: is it ws:// there? (${reason})`;
  } else if (CUT.test(reason)) {
    return `no gateway answers at ${url}: is it running, or is it wss:// there? (${reason})`;
  }
  return `no gateway answers at ${url}: is it running there? (${reason})`;
}
