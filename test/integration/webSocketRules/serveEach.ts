import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { connectRaw, type RawPeer } from '../../support/raw/rawPeer.js';
import { startServer, type ServerHarness } from '../../support/serverHarness.js';

/** With what a connection ends on which a frame has broken the protocol. */
export const PROTOCOL_ERROR = { code: 1002, reason: 'a frame broke the WebSocket protocol' } as const;

/**
 * One server for all tests of a file, and a new connection to it for each, which is given to `onPeer`. What is returned is the server,
 * from the first test on.
 */
export function serveEach(onPeer: (peer: RawPeer) => void): () => ServerHarness {
  let harness: ServerHarness;
  let peer: RawPeer;
  beforeAll(async () => {
    harness = await startServer();
  });
  beforeEach(async () => {
    peer = await connectRaw(harness.port);
    onPeer(peer);
  });
  afterEach(() => peer.close());
  afterAll(() => harness.close());
  return () => harness;
}
