import { CHANNEL_NAMES, selectChannels } from '../../protocol/dialects/zionChannels.js';
import { printZionBroadcast } from '../../protocol/dialects/zion.js';
import { EVENT_TOPICS } from '../../protocol/events.js';
import { excerpt } from '../../protocol/excerpt.js';
import { elementSpans } from '../../protocol/jsonSpans.js';
import type { Request } from '../../protocol/request.js';
import type { Denial } from '../access/clearance.js';
import { mayDo, type Role } from '../access/role.js';
import type { Channels } from '../subscriptions/channels.js';
import { positionalParams } from './commandParams.js';
import type { CommandError, CommandOutcome, CommandRun } from './commandRunner.js';
import { GATEWAY_METHODS, type GatewayMethod } from './gatewayMethodNames.js';

/** Who calls a method of the gateway's own. */
export interface MethodCaller {
  readonly role: Role;
  /** Subscribes the caller's connection to channels, or says why not; absent over HTTP, which has no events. */
  readonly subscribe?: (request: Extract<Request, { type: 'subscribe' }>) => Denial | undefined;
  /** By what URL it calls the gateway, as one for WebSocket; absent where that cannot be told. */
  readonly calledUrl: string | undefined;
  /** The port of the gateway's at which it has done so; absent: the one that takes WebSocket connections. */
  readonly calledPort?: () => number | undefined;
}

/** Methods beside the node's, as ZION has them. */
export interface GatewayMethods {
  /** `undefined`: it is none of these. */
  run(
    request: { readonly command: string; readonly paramsJson: string },
    caller: MethodCaller,
  ): CommandRun | undefined;
}

/** What the methods tell of. */
export interface GatewayMethodsDeps {
  readonly channels: Channels;
  readonly host: string;
  readonly isEncrypted: boolean;
  /** The port that is listened on; absent before and after. */
  readonly port: () => number | undefined;
  /** WebSocket connections. */
  readonly clients: () => number;
}

/** Longest data of a broadcast, in bytes of JSON. */
export const MAX_BROADCAST_BYTES = 64 * 1024;
const EVENT_NAME = /^[A-Za-z][A-Za-z0-9_.:-]{0,63}$/;

/** The methods of {@link GATEWAY_METHODS}, which need no node. */
export function createGatewayMethods(deps: GatewayMethodsDeps): GatewayMethods {
  const { channels } = deps;

  /** Where the caller gets a WebSocket connection, as far as it can be told: a proxy may have names and ports of its own. */
  function urlFor({ calledUrl, calledPort }: MethodCaller): string {
    const port = deps.port() ?? 0;
    if (calledUrl === undefined) {
      const host = deps.host.includes(':') ? `[${deps.host}]` : deps.host;
      return `${deps.isEncrypted ? 'wss' : 'ws'}://${host}:${port}/`;
    }
    if ((calledPort?.() ?? port) === port) return calledUrl;
    const url = new URL(calledUrl);
    url.port = String(port);
    return url.href;
  }

  function subscribeEvents(params: readonly string[], caller: MethodCaller): CommandOutcome {
    const { subscribe } = caller;
    const words: unknown = params[0] === undefined ? CHANNEL_NAMES : JSON.parse(params[0]);
    if (params.length > 1 || !isTexts(words)) return wrongParams('subscribe_events takes [[channel, …]]');
    const { channels: names, topics, unknownNames } = selectChannels(words);
    if (names.length === 0) {
      const named = words[0] === undefined ? 'no channel is named' : `no channel "${excerpt(words[0])}"`;
      return failed('unknown_topic', `${named}; the channels are ${CHANNEL_NAMES.join(', ')}`);
    }
    const denial = subscribe?.({ type: 'subscribe', topicName: names.join(','), topics });
    if (denial !== undefined) return failed(denial.error, denial.message);
    const message =
      subscribe === undefined
        ? 'events need a WebSocket connection: connect to websocket_url and subscribe there'
        : 'events of these channels follow on this connection';
    const unknown = unknownNames.slice(0, MAX_UNKNOWN_NAMES).map((name) => excerpt(name));
    return result({
      status: 'subscribed',
      channels: names,
      ...(unknown.length === 0 ? {} : { unknown_channels: unknown }),
      websocket_url: urlFor(caller),
      message,
    });
  }

  function webSocketStatus(params: readonly string[]): CommandOutcome {
    if (params.length > 0) return wrongParams('get_websocket_status takes no params');
    const port = deps.port();
    return result({
      websocket_enabled: true,
      websocket_host: deps.host,
      websocket_port: port ?? null,
      connected_clients: deps.clients(),
      server_running: port !== undefined,
    });
  }

  function broadcastEvent(
    params: readonly string[],
    { role }: MethodCaller,
  ): CommandError | Promise<CommandOutcome> {
    if (!mayDo(role, { type: 'operate' })) {
      return failed(
        'forbidden_command',
        `the role ${role.name} may not call broadcast_event: it is for administrators`,
      );
    }
    const [nameJson = 'null', dataJson = 'null'] = params;
    const name: unknown = JSON.parse(nameJson);
    if (params.length > 2 || typeof name !== 'string' || !EVENT_NAME.test(name)) {
      return wrongParams(
        'broadcast_event takes [name, data]; a name is 1 to 64 letters, digits and _ . : -, a letter first',
      );
    }
    if (Object.hasOwn(EVENT_TOPICS, name)) {
      return wrongParams(`events named ${name} come from the node alone; choose another name`);
    }
    if (Buffer.byteLength(dataJson) > MAX_BROADCAST_BYTES) {
      return wrongParams(`the data of broadcast_event may have at most ${MAX_BROADCAST_BYTES} bytes`);
    }
    return channels
      .broadcast(printZionBroadcast(name, dataJson))
      .then(({ sent, skipped }) => result({ status: 'sent', event_type: name, clients: sent, skipped }));
  }

  const methods: Readonly<
    Record<
      GatewayMethod,
      (params: readonly string[], caller: MethodCaller) => CommandOutcome | Promise<CommandOutcome>
    >
  > = {
    subscribe_events: subscribeEvents,
    get_websocket_status: webSocketStatus,
    broadcast_event: broadcastEvent,
  };

  return {
    run({ command, paramsJson }, caller) {
      const method = GATEWAY_METHODS.find((name) => name === command);
      if (method === undefined) return undefined;
      const params = positionalParams(method, paramsJson);
      if (params.type === 'refuse') return { type: 'refused', error: wrongParams(params.message) };
      const outcome = methods[method](elementSpans(params.json), caller);
      if (!(outcome instanceof Promise) && outcome.type === 'error')
        return { type: 'refused', error: outcome };
      return { type: 'started', outcome: Promise.resolve(outcome) };
    },
  };
}

/** Unknown words that are told back. */
const MAX_UNKNOWN_NAMES = 8;

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((word) => typeof word === 'string');
}

function result(value: object): CommandOutcome {
  return { type: 'result', result: Buffer.from(JSON.stringify(value)) };
}

function wrongParams(message: string): CommandError {
  return failed('forbidden_params', message);
}

function failed(code: CommandError['code'], message: string): CommandError {
  return { type: 'error', code, message };
}
