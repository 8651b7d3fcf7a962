import { DIFFICULTY } from './formatBlock.js';
import { jsonArray, JsonNumber, jsonObject, jsonString, printJson, type JsonValue } from './jsonText.js';
import { integerParam, method, RpcError, textParam, type MethodTable, type NodeView } from './rpcMethod.js';

function network(name: string, reachable: boolean): string {
  return jsonObject([
    ['name', jsonString(name)],
    ['limited', String(!reachable)],
    ['reachable', String(reachable)],
    ['proxy', '""'],
    ['proxy_randomize_credentials', 'false'],
  ]);
}

const NETWORKS = jsonArray([network('ipv4', true), network('ipv6', true), network('onion', false)]);

function networkInfo(connections: number): string {
  return jsonObject([
    ['version', '1000500'],
    ['subversion', '"/Evrmore:1.0.5/"'],
    ['protocolversion', '70029'],
    ['localservices', '"000000000000000d"'],
    ['localrelay', 'true'],
    ['timeoffset', '0'],
    ['networkactive', 'true'],
    ['connections', String(connections)],
    ['networks', NETWORKS],
    ['relayfee', '0.01000000'],
    ['incrementalfee', '0.00001000'],
    ['localaddresses', '[]'],
    ['warnings', '""'],
  ]);
}

const UPLOAD_TARGET = jsonObject([
  ['timeframe', '86400'],
  ['target', '0'],
  ['target_reached', 'false'],
  ['serve_historical_blocks', 'true'],
  ['bytes_left_in_cycle', '0'],
  ['time_left_in_cycle', '0'],
]);

/** What the simulator takes from a person: plain values for its control. */
function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (value instanceof Map) {
    const members = value as ReadonlyMap<string, JsonValue>;
    return Object.fromEntries([...members].map(([key, member]) => [key, plain(member)]));
  }
  return Array.isArray(value) ? (value as readonly JsonValue[]).map(plain) : value;
}

/** The node itself: network, mining figures, help, and the way to the simulator's control. */
export function nodeMethods(node: NodeView, allNames: () => readonly string[]): MethodTable {
  const ledger = () => node.world().ledger;

  /**
   * `simulator ["mine", 2]`, `simulator ["reorg", 3]`, `simulator ["dropTopic", "hashblock", true]`: any function of the simulator's control by
   * name, with its arguments. Answers what the function gives, null for nothing. What ends the connection
   * (`restart`, `switchChain`) is begun and answered at once.
   */
  const simulator = async (params: readonly JsonValue[]): Promise<string> => {
    const [name, ...rest] = params;
    const control: Readonly<Record<string, unknown>> = { ...node.control };
    const run = typeof name === 'string' && Object.hasOwn(control, name) ? control[name] : undefined;
    if (typeof name !== 'string' || typeof run !== 'function') {
      throw new RpcError(-8, `the simulator's control knows: ${Object.keys(control).join(', ')}`);
    }
    const call = (): unknown => (run as (...values: unknown[]) => unknown)(...rest.map(plain));
    if (name === 'restart' || name === 'switchChain') {
      setImmediate(() => void call());
      return 'null';
    }
    let result: unknown;
    try {
      result = await call();
    } catch (error) {
      throw new RpcError(-1, error instanceof Error ? error.message : 'the simulator refused');
    }
    if (result instanceof Map) result = Object.fromEntries(result as ReadonlyMap<string, unknown>);
    return result === undefined ? 'null' : JSON.stringify(result);
  };

  return {
    getnetworkinfo: method([], 0, () => networkInfo(node.peers.count)),
    getpeerinfo: method([], 0, () => node.peers.print()),
    getconnectioncount: method([], 0, () => String(node.peers.count)),
    getnettotals: method([], 0, () =>
      jsonObject([
        ['totalbytesrecv', String(node.peers.totals().received)],
        ['totalbytessent', String(node.peers.totals().sent)],
        ['timemillis', String(Date.now())],
        ['uploadtarget', UPLOAD_TARGET],
      ]),
    ),
    getmininginfo: method([], 0, () => {
      const tip = ledger().chain.tip();
      return jsonObject([
        ['blocks', String(tip.height)],
        ['currentblockweight', String(tip.weight)],
        ['currentblocktx', String(tip.transactions.length - 1)],
        ['difficulty', DIFFICULTY],
        ['networkhashps', '12'],
        ['hashespersec', String(node.hashesPerSecond())],
        ['pooledtx', String(ledger().mempool.size())],
        ['chain', '"regtest"'],
        ['warnings', '""'],
      ]);
    }),
    getnetworkhashps: method(['nblocks', 'height'], 0, () => '12'),
    estimatesmartfee: method(['conf_target', 'estimate_mode'], 1, (params) => {
      const blocks = integerParam(params, 0);
      if (blocks < 1 || blocks > 1008) {
        throw new RpcError(-8, 'Invalid conf_target, must be between 1 - 1008');
      }
      return `{"feerate":0.02000000,"blocks":${Math.max(2, blocks)}}`;
    }),
    uptime: method([], 0, () => String(Math.floor(node.uptimeSeconds()))),
    help: method(['command'], 0, (params) => {
      const command = textParam(params, 0, '');
      if (command === '') return jsonString(allNames().join('\n'));
      return jsonString(allNames().includes(command) ? `${command}\n` : `help: unknown command: ${command}`);
    }),
    echo: method(
      Array.from({ length: 10 }, (_, index) => `arg${index}`),
      0,
      (params) => printJson(params),
    ),
    stop: method(['wait'], 0, () => {
      node.stopSoon();
      return '"Evrmore server stopping"';
    }),
    simulator: method(['action', ...Array.from({ length: 8 }, (_, index) => `arg${index}`)], 1, simulator),
  };
}
