import type { ErrorName } from './codes.js';
import type { SlowPolicy } from './slowPolicies.js';
import type { Topic } from './topics.js';

/**
 * What a client asked for, whatever its dialect. Fields that end in `Json` hold the exact text that the client sent: numbers
 * beyond 2^53 keep their digits.
 */
export type Request =
  | {
      readonly type: 'subscribe';
      /** The word that the client used: `block`, `blocks`, `all`. Always one of `topicNames`. */
      readonly topicName: string;
      /** The topics that the word names; of a custom topic, the one that its events are made of. */
      readonly topics: readonly Topic[];
      /** The custom topic that is meant, if it is one. */
      readonly customTopic?: string;
      readonly idJson?: string;
      /** Text of `from`, not looked at yet. */
      readonly fromJson?: string;
      /** Text of `filter`, not looked at yet. */
      readonly filterJson?: string;
      /** What happens when the client is slow; absent: as it was, and `catch_up` at first. */
      readonly onSlow?: SlowPolicy;
      /** Words of the client beside these that name no topic; the dialect takes the others all the same. */
      readonly unknownNames?: readonly string[];
      /** No answer is wanted: not to this request, and not to its mistakes. */
      readonly quiet?: true;
    }
  | {
      readonly type: 'unsubscribe';
      readonly topicName: string;
      readonly topics: readonly Topic[];
      readonly customTopic?: string;
      readonly idJson?: string;
      readonly quiet?: true;
    }
  | {
      /** Other keys for the filter of a subscription. */
      readonly type: 'update';
      readonly topicName: string;
      readonly topics: readonly Topic[];
      readonly customTopic?: string;
      readonly idJson?: string;
      /** Text of `add`, not looked at yet; one of the two is there. */
      readonly addJson?: string;
      readonly removeJson?: string;
      readonly quiet?: true;
    }
  | {
      /** To be sent the messages of a stream, or no longer. */
      readonly type: 'stream';
      readonly action: 'subscribe' | 'unsubscribe';
      /** As the client sent it: any text. */
      readonly stream: string;
      readonly idJson?: string;
      readonly quiet?: true;
    }
  | {
      readonly type: 'command';
      /** As the client sent it: any text of at least one character. */
      readonly command: string;
      /** Text of the `params` array, or of an object with the params by name; brackets included. */
      readonly paramsJson: string;
      readonly idJson?: string;
      readonly quiet?: true;
    }
  | {
      /** Whether the gateway is there. */
      readonly type: 'ping';
      readonly idJson?: string;
    }
  | {
      readonly type: 'authenticate';
      /** As the client sent it: any text of at least one character. */
      readonly token: string;
      readonly idJson?: string;
    }
  | {
      /** What the gateway and the node are doing. */
      readonly type: 'status';
      readonly idJson?: string;
    }
  | InvalidRequest;

/** A message that is no request; the error's answer is made of it. */
export interface InvalidRequest {
  readonly type: 'invalid';
  readonly error: ErrorName;
  /** For the client: what is wrong and what is allowed; holds at most a short printable excerpt of what was sent. */
  readonly message: string;
  /** The word that names no topic, as the client sent it; with `unknown_topic`. */
  readonly topicName?: string;
  readonly idJson?: string;
  readonly quiet?: true;
}

/** One top-level member of a client's message. */
export interface Member {
  /** The exact text. */
  readonly json: string;
  /** The same read by `JSON.parse`: for strings and kinds, never for numbers that are passed on. */
  readonly value: unknown;
}

/** The top-level members of a client's message, by key. A map, so that a key such as `__proto__` is only a key. */
export type Members = ReadonlyMap<string, Member>;
