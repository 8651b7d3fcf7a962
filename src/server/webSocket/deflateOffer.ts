/** A header of extensions as read: by name, the offers; by parameter, its values, `true` where it has none. */
export type ExtensionOffers = Readonly<
  Record<string, readonly Readonly<Record<string, readonly (string | true)[]>>[]>
>;

const NAME = 'permessage-deflate';

/**
 * The first offer of a client to compress that can be taken, as text for `Sec-WebSocket-Extensions`; `undefined` when there is none, and
 * the connection is not compressed then (RFC 7692, 5: an offer that cannot be taken is declined, and is no reason to refuse the client).
 * `windowBits` is how far back the messages to the client refer.
 */
export function chooseDeflateOffer(offers: ExtensionOffers, windowBits: number): string | undefined {
  for (const offer of offers[NAME] ?? []) {
    const parameters = Object.entries(offer);
    if (!parameters.every(([name, values]) => isUsable(name, values, windowBits))) continue;
    const texts = parameters.map(([name, [value]]) => (value === true ? name : `${name}=${String(value)}`));
    return [NAME, ...texts].join('; ');
  }
  return undefined;
}

function isUsable(name: string, values: readonly (string | true)[], windowBits: number): boolean {
  const [value] = values;
  if (value === undefined || values.length > 1) return false;
  switch (name) {
    case 'server_no_context_takeover':
    case 'client_no_context_takeover':
      return value === true;
    case 'client_max_window_bits':
      return value === true || isWindowBits(value);
    case 'server_max_window_bits':
      return value !== true && isWindowBits(value) && Number(value) >= windowBits;
    default:
      return false;
  }
}

function isWindowBits(value: string): boolean {
  return /^(?:[89]|1[0-5])$/.test(value);
}
