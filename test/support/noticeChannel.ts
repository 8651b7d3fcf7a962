import { createNoticeCounters } from '../../src/node/noticeCounters.js';
import type { Notice } from '../../src/node/noticeTypes.js';

/** The topics of a channel. */
export const CHANNEL_TOPICS = ['hashblock', 'hashtx'] as const;

/** One of them. */
export type ChannelTopic = (typeof CHANNEL_TOPICS)[number];

/** What can go wrong with the notices of a topic. */
export type NoticeFault =
  /** The next ones are lost; their counters show it later. */
  | { readonly type: 'drop'; readonly count: number }
  /** The next one comes twice. */
  | { readonly type: 'double' }
  /** The next one comes later; others overtake it. */
  | { readonly type: 'delay'; readonly ms: number }
  /** Nothing comes any more, until the node restarts. */
  | { readonly type: 'die' };

/** The way of a node's notices to one gateway, with their counters. */
export interface NoticeChannel {
  publish(notice: Notice): void;
  harm(topic: ChannelTopic, fault: NoticeFault): void;
  /** The node restarted: counters begin at 0, and the connection is made anew. */
  restarted(): void;
  /** Faults that wait for their notices are taken away; a dead topic stays dead. */
  heal(): void;
  close(): void;
}

interface TopicState {
  counter: number;
  drop: number;
  double: boolean;
  delayMs: number;
  isDead: boolean;
}

const freshTopic = (): TopicState => ({ counter: 0, drop: 0, double: false, delayMs: 0, isDead: false });

/** A channel that delivers as the ZMQ listener does. */
export function createNoticeChannel(deliver: (notice: Notice) => void): NoticeChannel {
  const topics = { hashblock: freshTopic(), hashtx: freshTopic() };
  const counters = createNoticeCounters();
  const timers = new Set<NodeJS.Timeout>();
  let closed = false;

  const arrive = (topic: ChannelTopic, counter: number, notice: Notice): void => {
    if (closed) return;
    const lost = counters.note('model', topic, counter, 0);
    if (lost !== undefined) deliver(lost);
    deliver(notice);
  };

  return {
    publish(notice) {
      const topic = notice.type === 'block' ? 'hashblock' : 'hashtx';
      const state = topics[topic];
      if (state.isDead) return;
      const { counter } = state;
      state.counter += 1;
      if (state.drop > 0) {
        state.drop -= 1;
        return;
      }
      const copies = state.double ? 2 : 1;
      state.double = false;
      const { delayMs } = state;
      state.delayMs = 0;
      const come = (): void => {
        for (let copy = 0; copy < copies; copy += 1) arrive(topic, counter, notice);
      };
      if (delayMs === 0) {
        come();
        return;
      }
      const timer = setTimeout(() => {
        timers.delete(timer);
        come();
      }, delayMs);
      timers.add(timer);
    },
    harm(topic, fault) {
      const state = topics[topic];
      switch (fault.type) {
        case 'drop':
          state.drop += fault.count;
          break;
        case 'double':
          state.double = true;
          break;
        case 'delay':
          state.delayMs = fault.ms;
          break;
        case 'die':
          state.isDead = true;
          break;
      }
    },
    restarted() {
      Object.assign(topics, { hashblock: freshTopic(), hashtx: freshTopic() });
      deliver({ type: 'lost', why: 'reconnected' });
    },
    heal() {
      for (const topic of CHANNEL_TOPICS) {
        Object.assign(topics[topic], { drop: 0, double: false, delayMs: 0 });
      }
    },
    close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
