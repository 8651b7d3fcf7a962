import type { Settings } from './config/settings.js';
import type { SortedExtensions } from './extensions/sortExtensions.js';
import type { Access } from './gatewayAccess.js';
import type { TlsFiles } from './server/http/listeningServer.js';
import type { ServerOptions } from './server/serverTypes.js';

/** What of the server is not in a setting. */
export interface ServerFacts {
  readonly tls: TlsFiles | undefined;
  readonly access: Pick<Access, 'roles'>;
  readonly extensions: SortedExtensions;
  /** Of the package. */
  readonly version: string;
}

/** The server's options, each from the setting that is its own. */
export function serverOptionsOf(
  settings: Settings,
  { tls, access, extensions, version }: ServerFacts,
): ServerOptions {
  return {
    host: settings.host,
    port: settings.port,
    httpPort: settings.httpPort,
    tls,
    allowHosts: settings.allowHost,
    allowOrigins: settings.allowOrigin,
    trustProxies: settings.trustProxy,
    roles: access.roles,
    anonymousRole: settings.anonymousRole,
    authTimeoutMs: settings.authTimeoutMs,
    maxMessageBytes: settings.maxMessageBytes,
    maxDepth: settings.maxDepth,
    maxBatch: settings.maxBatch,
    maxClients: settings.maxClients,
    acceptsPerSecond: settings.acceptsPerSecond,
    maxClientsPerAddress: settings.maxClientsPerAddress,
    maxHttpPerAddress: settings.maxHttpPerAddress,
    maxUnheard: settings.maxUnheard,
    handshakeTimeoutMs: settings.handshakeTimeoutMs,
    maxHeaderBytes: settings.maxHeaderBytes,
    idleTimeoutMs: settings.idleTimeoutMs,
    maxSubscriptions: settings.maxSubscriptions,
    maxReplaysPerClient: settings.maxReplaysPerClient,
    maxBadMessages: settings.maxBadMessages,
    badMessageWindowMs: settings.badMessageWindowMs,
    messagesPerSecond: settings.messagesPerSecond,
    costPerSecond: settings.costPerSecond,
    rateWindowMs: settings.rateWindowMs,
    maxOffences: settings.maxOffences,
    offenceWindowMs: settings.offenceWindowMs,
    maxRateAddresses: settings.maxRateAddresses,
    maxCommandsInFlight: settings.maxCommandsInFlight,
    commandDeadlineMs: settings.commandDeadlineMs,
    maxAnswerBytes: settings.maxAnswerBytes,
    maxBufferedBytes: settings.maxBufferedBytes,
    compress: settings.compress,
    coalesceMs: settings.coalesce,
    slowTimeoutMs: settings.slowTimeoutMs,
    maxReplays: settings.maxReplays,
    maxFilterKeys: settings.maxFilterKeys,
    pingIntervalMs: settings.pingIntervalMs,
    pingTimeoutMs: settings.pingTimeoutMs,
    streamDeadlineMs: settings.streamDeadlineMs,
    streams: extensions.streams,
    topics: extensions.topics,
    topicDeadlineMs: settings.topicDeadlineMs,
    idleFollowMs: settings.idleFollowMs,
    version,
  };
}
