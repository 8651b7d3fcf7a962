/**
 * What users of `evrmore-gateway` import: the gateway inside a program of their own. Whoever wants a client of a running
 * gateway imports `evrmore-gateway/client`, which loads nothing of this.
 */
export { startGateway } from './gateway.js';
export type { Gateway, SimulatedNodeHandle, StartGateway, StartGatewayOptions } from './gatewayTypes.js';
export { loadSettings, type LoadedSettings, type SettingInputs } from './config/loadSettings.js';
export type { SettingKey, Settings } from './config/settings.js';
export { ConfigurationError, type Problem } from './config/problem.js';
export { resolveNode, type Machine, type NodeResolution, type ResolvedNode } from './config/resolveNode.js';
export {
  defineStream,
  type Audience,
  type GatewayFigures,
  type StreamDefinition,
  type StreamOptions,
  type StreamRpc,
} from './extensions/defineStream.js';
export type { Extension } from './extensions/extension.js';
export type { ExtensionRpc } from './extensions/extensionRpc.js';
export { exactNumber, type ExactNumber } from './extensions/exactNumber.js';
export type { BlockOperation, RecentBlock } from './extensions/recentBlocks.js';
export { ExtensionDefinitionError } from './extensions/extensionDefinitionError.js';
export { defineTopic, type TopicDefinition, type TopicOptions } from './extensions/defineTopic.js';
export type {
  AssetData,
  BlockData,
  EventData,
  EventInput,
  EventOutput,
  EventTransaction,
  FinalData,
  SequenceData,
  TopicEvent,
  TopicEvents,
  TopicSource,
  TransactionData,
} from './extensions/topicEvents.js';
export type { Health, HealthStatus } from './observe/healthTypes.js';
export {
  createSimulatedNode,
  type SimulatedNode,
  type SimulatedNodeOptions,
} from './simulator/simulatedNode.js';
export type { SimulatorControl } from './simulator/simulatorControl.js';
export { CLOSE_CODES, ERROR_CODES } from './protocol/codes.js';
export { GatewayError } from './protocol/gatewayError.js';
