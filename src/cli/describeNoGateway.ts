/** What Node and OpenSSL say of a certificate that is not trusted, as a code or in words. */
const UNTRUSTED = /certificate|_CERT|CERT_|ALTNAME|UNABLE_TO_/i;
/** What they say where the other side answers something else than TLS. */
const NO_TLS = /EPROTO|WRONG_VERSION_NUMBER|wrong version number|PACKET_LENGTH/i;
/** How a server that waits for TLS ends a connection that begins with plain HTTP. */
const CUT = /ECONNRESET|socket hang up/i;

/** Why there is no gateway, for a person. */
interface NoGateway {
  readonly words: string;
  /** Whether it may pass by itself: else somebody has to change something, the address or the trust in a certificate. */
  readonly mayPass: boolean;
}

/**
 * Words for a gateway that could not be reached, with what to do about it.
 *
 * @param url Where it was looked for: `ws://…` or `wss://…`.
 * @param reason Code or message of the error.
 */
export function describeNoGateway(url: string, reason: string): NoGateway {
  if (url.startsWith('wss:')) {
    if (UNTRUSTED.test(reason)) {
      return {
        words: `the certificate at ${url} is not trusted: use the host name that stands in it, or name its file in NODE_EXTRA_CA_CERTS (${reason})`,
        mayPass: false,
      };
    }
    if (NO_TLS.test(reason)) {
      return { words: `no TLS is spoken at ${url}: is it ws:// there?`, mayPass: false };
    }
  }
  const other = url.startsWith('ws:') && CUT.test(reason) ? ', or is it wss:// there' : ' there';
  return { words: `no gateway answers at ${url}: is it running${other}? (${reason})`, mayPass: true };
}
