import { describe, expect, it } from 'vitest';
import { chooseDeflateOffer, type ExtensionOffers } from '../../../../src/server/webSocket/deflateOffer.js';

const deflate = (...offers: NonNullable<ExtensionOffers[string]>): ExtensionOffers => ({
  'permessage-deflate': offers,
});

describe('an offer to compress', () => {
  it.each<[string, ExtensionOffers, string | undefined]>([
    ['none', {}, undefined],
    ['another extension', { 'x-webkit-deflate-frame': [{}] }, undefined],
    ['a plain one', deflate({}), 'permessage-deflate'],
    [
      "a browser's",
      deflate({ client_max_window_bits: [true] }),
      'permessage-deflate; client_max_window_bits',
    ],
    [
      "a Python client's",
      deflate({ server_max_window_bits: ['12'], client_max_window_bits: ['12'] }),
      'permessage-deflate; server_max_window_bits=12; client_max_window_bits=12',
    ],
    ['one with too small a window', deflate({ server_max_window_bits: ['11'] }), undefined],
    [
      'one with too small a window, and another',
      deflate({ server_max_window_bits: ['9'] }, { server_no_context_takeover: [true] }),
      'permessage-deflate; server_no_context_takeover',
    ],
    ['a window of no size', deflate({ server_max_window_bits: [true] }), undefined],
    ['a window that is no number', deflate({ client_max_window_bits: ['x'] }), undefined],
    ['a window that no standard has', deflate({ client_max_window_bits: ['16'] }), undefined],
    ['a flag with a value', deflate({ client_no_context_takeover: ['yes'] }), undefined],
    ['a parameter that comes twice', deflate({ client_max_window_bits: [true, '10'] }), undefined],
    ['an unknown parameter', deflate({ speed: ['9'] }), undefined],
  ])('%s', (_what, offers, chosen) => {
    expect(chooseDeflateOffer(offers, 12)).toBe(chosen);
  });
});
