import type { LedgerSink } from '../../../src/simulator/ledger.js';
import { createNotices } from '../../../src/simulator/notices.js';
import type { NoticePublisher } from '../../../src/simulator/publisher.js';
import { createWorld, type World, type WorldOptions } from '../../../src/simulator/world.js';

/** One notice, without its counter. */
export interface Published {
  readonly topic: string;
  readonly body: Uint8Array;
}

/** A world whose notices are kept instead of sent. */
export interface WatchedWorld {
  readonly world: World;
  readonly published: Published[];
  /** `hashtx`, `hashblock` and `rawmessage` notices since the last call, bodies as hex (messages as text). */
  readonly take: () => string[];
  readonly setSyncing: (on: boolean) => void;
}

/** Makes a world and keeps what it would publish. */
export function watchWorld(options: Partial<WorldOptions> & { seed: number }): WatchedWorld {
  const published: Published[] = [];
  let syncing = false;
  const publisher = {
    publish(topic: string, body: Uint8Array) {
      published.push({ topic, body });
    },
  } as unknown as NoticePublisher;
  const sink: LedgerSink = createNotices(publisher, {
    output: (outpoint) => world.ledger.output(outpoint),
    inInitialSync: () => syncing,
    nowSeconds: () => world.nowSeconds(),
    moved: () => undefined,
  });
  const world = createWorld(
    { startHeight: 3, startTimeSeconds: 1_795_219_200, genesisOutputs: 0, ...options },
    sink,
  );
  let taken = 0;
  return {
    world,
    published,
    setSyncing(on) {
      syncing = on;
    },
    take() {
      const fresh = published.slice(taken);
      taken = published.length;
      return fresh
        .filter(({ topic }) => ['hashtx', 'hashblock', 'rawmessage'].includes(topic))
        .map(({ topic, body }) => {
          const bytes = Buffer.from(body);
          return `${topic} ${topic === 'rawmessage' ? bytes.toString('utf8') : bytes.toString('hex')}`;
        });
    },
  };
}
