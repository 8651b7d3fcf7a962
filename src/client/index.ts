/** What users of `evrmore-gateway/client` import. */
export { connect, type ConnectOptions } from './connect.js';
export type {
  CallOptions,
  Client,
  ClientStats,
  ClientStatus,
  Filter,
  FilterChange,
  FilterKeys,
  From,
  OnUnresumable,
  SubscribeOptions,
  Subscription,
} from './clientTypes.js';
export type {
  AssetData,
  BlockData,
  BlockPoint,
  FinalData,
  GapData,
  MempoolData,
  ReorgData,
  SequenceData,
  SkippedData,
  TransactionData,
  TransactionOutput,
} from './eventData.js';
export type { EventOf, GapEvent, RawEvent, ResultOf, SkippedEvent, TopicName } from './eventTypes.js';
export { ConnectionError, RefusedError, type RefusalDetails } from './clientErrors.js';
export type { TokenSource } from './token.js';
export { toSats, type ExactDecimal, type ExactInteger } from './exactNumber.js';
export { parseLossless } from './losslessJson.js';
export type { SlowPolicy } from '../protocol/slowPolicies.js';
export type { JsonValue, NumberMode } from './jsonValue.js';
export { GatewayError } from '../protocol/gatewayError.js';
