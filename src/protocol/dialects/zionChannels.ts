import type { Topic } from '../topics.js';

/** The topics that each channel of ZION carries. */
export const CHANNELS = {
  blockchain: ['blocks'],
  mempool: ['mempool', 'transactions'],
  assets: ['assets'],
  mining: ['mining'],
  network: ['peers'],
} as const satisfies Readonly<Record<string, readonly Topic[]>>;

/** One channel. */
type Channel = keyof typeof CHANNELS;

/** Every channel, for messages. */
export const CHANNEL_NAMES = Object.keys(CHANNELS) as readonly Channel[];

/** What a list of words names. */
export interface ChannelSelection {
  readonly channels: readonly Channel[];
  readonly topics: readonly Topic[];
  /** Words that name no channel. */
  readonly unknownNames: readonly string[];
}

/** The channels that a client's words name, each once, in the client's order. */
export function selectChannels(words: readonly string[]): ChannelSelection {
  const isChannel = (word: string): word is Channel => Object.hasOwn(CHANNELS, word);
  const channels = [...new Set(words.filter(isChannel))];
  return {
    channels,
    topics: [...new Set(channels.flatMap((channel): readonly Topic[] => CHANNELS[channel]))],
    unknownNames: words.filter((word) => !isChannel(word)),
  };
}

/** The channel whose events those of a topic are; of several, the first. */
export function channelOf(topic: string): Channel | undefined {
  return CHANNEL_NAMES.find((channel) => (CHANNELS[channel] as readonly string[]).includes(topic));
}
