import type { IncomingMessage } from 'node:http';
import * as wsModule from 'ws';
import { compressMessage, WINDOW_BITS } from './compressMessage.js';
import { chooseDeflateOffer, type ExtensionOffers } from './deflateOffer.js';

const TEXT_FRAME = { fin: true, opcode: 1, mask: false, rsv1: false, readOnly: true } as const;
/** `rsv1` says that the message is compressed. */
const COMPRESSED_TEXT_FRAME = { ...TEXT_FRAME, rsv1: true } as const;

// Both are exported by ws and documented as public in its source; the type declarations leave them out.
const { Sender, extension } = wsModule as unknown as {
  readonly Sender: {
    frame(data: Buffer, options: typeof TEXT_FRAME | typeof COMPRESSED_TEXT_FRAME): Buffer[];
  };
  /** Throws a SyntaxError. */
  readonly extension: { parse(header: string): ExtensionOffers };
};

/** One message as an unmasked text frame: the header and the message itself, which is not copied. */
export function frameText(message: Buffer): readonly Buffer[] {
  return Sender.frame(message, TEXT_FRAME);
}

/** The same, compressed where that makes it shorter; only for connections that compress. */
export function frameCompressed(message: Buffer): readonly Buffer[] {
  const payload = compressMessage(message);
  return payload === undefined ? frameText(message) : Sender.frame(payload, COMPRESSED_TEXT_FRAME);
}

/** `ws` refuses a client whose offers it cannot take, or read; it is to be taken without compression instead. */
export function keepUsableOffer({ headers }: IncomingMessage): void {
  const header = headers['sec-websocket-extensions'];
  if (header === undefined) return;
  let offer: string | undefined;
  try {
    offer = chooseDeflateOffer(extension.parse(header), WINDOW_BITS);
  } catch {
    offer = undefined;
  }
  if (offer === undefined) delete headers['sec-websocket-extensions'];
  else headers['sec-websocket-extensions'] = offer;
}
