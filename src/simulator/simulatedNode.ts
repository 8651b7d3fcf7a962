import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createActivity, type Activity } from './activity.js';
import { createControl } from './createControl.js';
import { createNotices } from './notices.js';
import { createNoticePublisher } from './publisher.js';
import { createPeers } from './peers.js';
import { createRandomSource } from './randomSource.js';
import { createRpcCredentials } from './rpcCredentials.js';
import { createRpcFaults } from './rpcFaults.js';
import type { MethodTable, NodeView } from './rpcMethod.js';
import { assetMethods } from './rpcMethodsAssets.js';
import { chainMethods } from './rpcMethodsChain.js';
import { mempoolMethods } from './rpcMethodsMempool.js';
import { nodeMethods } from './rpcMethodsNode.js';
import { transactionMethods } from './rpcMethodsTransactions.js';
import { createRpcServer } from './rpcServer.js';
import type { RestartOptions, SimulatorControl } from './simulatorControl.js';
import { createWorld, type World } from './world.js';

/** How a simulated node is made. */
export interface SimulatedNodeOptions {
  /** Decides the chain: the same seed and the same commands give the same blocks. */
  readonly seed: number;
  /** Where it listens; 127.0.0.1 if absent. */
  readonly host?: string;
  /** 0 or absent: any free port. */
  readonly rpcPort?: number;
  /** 0 or absent: any free port. */
  readonly zmqPort?: number;
  /** With a password; `user` if absent. */
  readonly rpcUser?: string;
  /** Without password and cookie file everybody may call. */
  readonly rpcPassword?: string;
  /** A cookie is written here, as the node writes it, when there is no password. */
  readonly cookieFile?: string;
  /** Milliseconds between blocks; 0 or absent: only on command. */
  readonly blockIntervalMs?: number;
  /** Milliseconds between payments or asset operations; 0 or absent: only on command. */
  readonly txIntervalMs?: number;
  /** About every so many automatic blocks a reorg of 1 to 3 blocks; 0 or absent: never. */
  readonly reorgEvery?: number;
  /** Calls that run at once; 4 if absent. */
  readonly rpcThreads?: number;
  /** Calls that may wait; 16 if absent. */
  readonly rpcWorkQueue?: number;
  /** Whether confirmed transactions can be asked for; true if absent. */
  readonly txIndex?: boolean;
  /** Whether verbose transactions say what inputs held and where outputs went; true if absent. */
  readonly spentIndex?: boolean;
  /** Blocks mined before the start; 110 if absent. */
  readonly startHeight?: number;
  /**
   * Time of the last of them, Unix seconds. If absent a fixed one, so that the seed alone decides the chain; pass the present for a chain that looks live.
   */
  readonly startTimeSeconds?: number;
  /** Peers from the start on; 0 if absent. */
  readonly peers?: number;
  /** Outputs of the first block besides those of the wallet; 50,000 make it as large as the node's (17 MB of verbose JSON). 0 if absent. */
  readonly genesisOutputs?: number;
  /** Topics that are published; the node's five if absent. `sequence`, which no Evrmore node has, can be named too. */
  readonly zmqTopics?: readonly string[];
  readonly logger?: Logger;
}

/** A simulated Evrmore node: a chain of its own behind real ZMQ and real JSON-RPC. */
export interface SimulatedNode {
  /** With user and password, if any. Throws before {@link start}. */
  readonly rpcUrl: string;
  /** `tcp://host:port`. Throws before {@link start}. */
  readonly zmqAddress: string;
  readonly cookieFile?: string;
  readonly control: SimulatorControl;
  /** Resolves when RPC and ZMQ answer. Throws a `GatewayError` (`GW_ERR_SIMULATOR`) when a port is taken. */
  start(): Promise<void>;
  /** Ends everything, also calls that hang; may be called more than once. */
  stop(): Promise<void>;
}

/** The node's topics. */
const ZMQ_TOPICS = ['hashblock', 'hashtx', 'rawblock', 'rawtx', 'rawmessage'];
/** 2026-11-21 00:00:00 UTC. */
const DEFAULT_START_TIME_SECONDS = 1_795_219_200;
/** What the automatic mode makes at most, in about 1 GB of memory. */
const AUTOMATIC_EVENT_LIMIT = 300_000;
const WARM_UP_PHASE = 'Loading block index...';
/** How far `headers` are ahead of `blocks` in initial sync, beyond what was asked for. */
const SYNC_HEADERS_AHEAD = 500;

/** Makes a {@link SimulatedNode}; it is not started yet. */
export function createSimulatedNode(options: SimulatedNodeOptions): SimulatedNode {
  const host = options.host ?? '127.0.0.1';
  const { logger } = options;
  const publisher = createNoticePublisher({
    host,
    port: options.zmqPort ?? 0,
    topics: options.zmqTopics ?? ZMQ_TOPICS,
  });
  const faults = createRpcFaults(createRandomSource(options.seed ^ 0x5eed));
  const credentials = createRpcCredentials(options);
  const calls = new Map<string, number>();
  let tipWaiters = new Set<() => void>();
  let isSyncing = false;
  let prunedBelow = 0;
  let startedAtMs = performance.now();
  let warmUp: string | undefined;
  /** Read again after each wait: a stop can come while a restart is under way. */
  let stopping = false;
  const isStopping = (): boolean => stopping;

  const sink = createNotices(publisher, {
    output: (outpoint) => world.ledger.output(outpoint),
    inInitialSync: () => isSyncing,
    nowSeconds: () => world.nowSeconds(),
    moved() {
      const woken = tipWaiters;
      tipWaiters = new Set();
      for (const wake of woken) wake();
    },
  });
  const makeWorld = (seed: number): World =>
    createWorld(
      {
        seed,
        startHeight: options.startHeight ?? 110,
        startTimeSeconds: options.startTimeSeconds ?? DEFAULT_START_TIME_SECONDS,
        genesisOutputs: options.genesisOutputs ?? 0,
      },
      sink,
    );
  let world = makeWorld(options.seed);
  const makeActivity = (): Activity =>
    createActivity(
      {
        blockIntervalMs: options.blockIntervalMs ?? 0,
        txIntervalMs: options.txIntervalMs ?? 0,
        reorgEvery: options.reorgEvery ?? 0,
        eventLimit: AUTOMATIC_EVENT_LIMIT,
      },
      {
        pay: () => world.pay(),
        asset: (kind) => world.asset(kind, true) !== undefined,
        mine: () => world.mine(1),
        reorg: (depth) => world.reorg(Math.min(depth, world.ledger.chain.tip().height), depth + 1),
        advance: (seconds) => {
          world.advance(seconds);
        },
      },
      world.random,
      logger,
    );
  let activity = makeActivity();

  let hashesPerSecond = 0;
  const uptimeSeconds = (): number => (performance.now() - startedAtMs) / 1000;
  const peers = createPeers({
    random: createRandomSource(options.seed ^ 0x9ee5),
    nowSeconds: () => world.nowSeconds(),
    uptimeSeconds,
    tipHeight: () => world.ledger.chain.tip().height,
  });
  // Every third one has called, the others were called.
  for (let index = 0; index < (options.peers ?? 0); index++) peers.add({ inbound: index % 3 === 2 });

  const goDown = async (): Promise<void> => {
    activity.stop();
    faults.release();
    sink.moved();
    publisher.close();
    await server.close();
    await credentials.remove();
  };
  const comeUp = async ({ downMs = 0, warmUpMs = 0 }: RestartOptions): Promise<void> => {
    await delay(downMs);
    if (isStopping()) return;
    warmUp = warmUpMs > 0 ? WARM_UP_PHASE : undefined;
    await credentials.renew();
    await publisher.open();
    await server.open();
    startedAtMs = performance.now();
    peers.reconnect();
    if (warmUpMs > 0) await delay(warmUpMs);
    warmUp = undefined;
    if (isStopping()) {
      await goDown();
      return;
    }
    for (const entry of world.ledger.mempool.entries()) sink.accepted(entry.transaction);
    await publisher.flush();
    activity.start();
  };
  const restart = async (how: RestartOptions = {}): Promise<void> => {
    await goDown();
    await comeUp(how);
  };

  const control = createControl({
    world: () => world,
    publisher,
    faults,
    calls,
    peers,
    setHashesPerSecond(hashes) {
      hashesPerSecond = hashes;
    },
    setSyncing(on) {
      isSyncing = on;
    },
    setPrunedBelow(height) {
      prunedBelow = height;
    },
    restart,
    async switchChain(seed) {
      await goDown();
      world = makeWorld(seed);
      activity = makeActivity();
      isSyncing = false;
      prunedBelow = 0;
      await comeUp({});
    },
  });

  const view: NodeView = {
    world: () => world,
    control,
    txIndex: options.txIndex ?? true,
    spentIndex: options.spentIndex ?? true,
    inInitialSync: () => isSyncing,
    headersAhead: () => (isSyncing ? SYNC_HEADERS_AHEAD : 0),
    prunedBelow: () => prunedBelow,
    peers,
    hashesPerSecond: () => hashesPerSecond,
    uptimeSeconds,
    waitForTip: (timeoutMs) =>
      new Promise((resolve) => {
        let timer: NodeJS.Timeout | undefined;
        const wake = (): void => {
          clearTimeout(timer);
          tipWaiters.delete(wake);
          resolve();
        };
        if (timeoutMs > 0) timer = setTimeout(wake, timeoutMs);
        tipWaiters.add(wake);
      }),
    stopSoon: () => {
      setImmediate(() => void node.stop());
    },
  };
  const methods: MethodTable = {
    ...chainMethods(view),
    ...transactionMethods(view),
    ...mempoolMethods(view),
    ...assetMethods(view),
    ...nodeMethods(view, () => Object.keys(methods).sort()),
  };
  const server = createRpcServer({
    host,
    port: options.rpcPort ?? 0,
    threads: options.rpcThreads ?? 4,
    workQueue: options.rpcWorkQueue ?? 16,
    credentials,
    faults,
    dispatch: {
      methods,
      warmUpPhase: () => warmUp,
      called: (method) => {
        calls.set(method, (calls.get(method) ?? 0) + 1);
      },
      logger,
    },
  });

  const node: SimulatedNode = {
    get rpcUrl() {
      const userInfo = credentials.userInfo === undefined ? '' : `${credentials.userInfo}@`;
      return `http://${userInfo}${host}:${server.port()}`;
    },
    get zmqAddress() {
      return publisher.address();
    },
    ...(options.cookieFile === undefined ? {} : { cookieFile: options.cookieFile }),
    control,
    async start() {
      stopping = false;
      try {
        await comeUp({});
      } catch (error) {
        await goDown();
        throw error;
      }
      logger?.info({ rpc_port: server.port(), zmq_address: publisher.address() }, 'simulated node is up');
    },
    async stop() {
      stopping = true;
      await goDown();
    },
  };
  return node;
}
