import type { Logger } from 'pino';
import type { ResolvedNode } from './config/resolveNode.js';
import type { Settings } from './config/settings.js';
import type { Extension } from './extensions/extension.js';
import type { Health } from './observe/healthTypes.js';
import type { GatewayError } from './protocol/gatewayError.js';

/** The built-in simulated node as the gateway sees it: an address and a way to end it. */
export interface SimulatedNodeHandle {
  /** `http://user:password@127.0.0.1:port`. */
  readonly rpcUrl: string;
  readonly zmqAddresses: readonly string[];
  stop(): Promise<void>;
}

/** What {@link Gateway} is made from. */
export interface StartGatewayOptions {
  readonly settings: Settings;
  /** The node to follow. The caller owns a simulated one, and stops it after the gateway. */
  readonly node: ResolvedNode | { readonly simulated: SimulatedNodeHandle };
  readonly logger: Logger;
  /** Topics and streams of the program's own, beside those of the files that the settings name. */
  readonly extensions?: readonly Extension[];
}

/** A gateway that listens. */
export interface Gateway {
  /** `ws://host:port`, with the port that was taken. */
  readonly url: string;
  /** `http://host:port` of the port for HTTP alone; absent without one. */
  readonly httpUrl?: string;
  health(): Health;
  /** Reads again what may change while it runs: the file of tokens, certificate and key. Done by itself when a file changes. */
  reload(): void;
  /**
   * Stops accepting, tells the clients, closes everything; resolves when nothing of the gateway is left. Takes `graceMs` at most.
   * Further calls give the same promise.
   */
  stop(): Promise<void>;
  /** Resolves when the gateway must end by itself, with the reason; it never rejects. */
  readonly failed: Promise<GatewayError>;
}

/** Starts a gateway; rejects with a {@link GatewayError} when it cannot listen. */
export type StartGateway = (options: StartGatewayOptions) => Promise<Gateway>;
