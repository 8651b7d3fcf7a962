import { elementSpans, memberSpans } from '../jsonSpans.js';
import type { InvalidRequest, Request } from '../request.js';
import { SLOW_POLICIES } from '../slowPolicies.js';
import { findTopic, topicNames, unknownTopicWords, type CustomTopics } from '../topics.js';

/** Params of the methods in the order in which they are given by position. */
const PARAMS = {
  subscribe: ['topic', 'from', 'filter', 'on_slow'],
  unsubscribe: ['topic'],
  update: ['topic', 'add', 'remove'],
} as const;

type Subscription =
  Extract<Request, { type: 'subscribe' | 'unsubscribe' | 'update' | 'stream' }> | InvalidRequest;

/**
 * Reads the params of `subscribe`, `unsubscribe` and `update`: by position, with null for what is left out, or by name. Members of an object
 * that are not known are left alone, as in the native dialect. `paramsJson` is the text of an array or object.
 */
export function parseJsonRpcSubscription(
  method: keyof typeof PARAMS,
  paramsJson: string,
  custom: CustomTopics,
): Subscription {
  const names: readonly string[] = PARAMS[method];
  const form = `${method} takes [${names.join(', ')}], or an object with these members`;
  let byName: ReadonlyMap<string, string>;
  if (paramsJson.startsWith('[')) {
    const values = elementSpans(paramsJson);
    if (values.length > names.length) return { type: 'invalid', error: 'params_not_array', message: form };
    byName = new Map(values.map((json, index) => [names[index] ?? '', json]));
  } else {
    byName = memberSpans(paramsJson);
  }
  const given = (name: string): string | undefined => {
    const json = byName.get(name);
    return json === 'null' ? undefined : json;
  };
  const stream: unknown = JSON.parse(given('stream') ?? 'null');
  if (typeof stream === 'string' && method !== 'update' && !byName.has('topic')) {
    return { type: 'stream', action: method, stream };
  }
  const topicName: unknown = JSON.parse(given('topic') ?? 'null');
  if (typeof topicName !== 'string') {
    return {
      type: 'invalid',
      error: 'unknown_topic',
      message: `${form}; the topics are ${topicNames(custom).join(', ')}`,
    };
  }
  const named = findTopic(topicName, custom);
  if (named === undefined) {
    return {
      type: 'invalid',
      error: 'unknown_topic',
      message: unknownTopicWords(topicName, custom),
      topicName,
    };
  }
  if (method === 'unsubscribe') return { type: 'unsubscribe', ...named };
  if (method === 'update') {
    const addJson = given('add');
    const removeJson = given('remove');
    if (addJson === undefined && removeJson === undefined) {
      return { type: 'invalid', error: 'params_not_array', message: form };
    }
    return {
      type: 'update',
      ...named,
      ...(addJson === undefined ? {} : { addJson }),
      ...(removeJson === undefined ? {} : { removeJson }),
    };
  }
  const fromJson = given('from');
  const filterJson = given('filter');
  const onSlowJson = given('on_slow');
  const onSlow = SLOW_POLICIES.find((policy) => JSON.stringify(policy) === onSlowJson?.trim());
  if (onSlowJson !== undefined && onSlow === undefined) {
    const message = `"on_slow" must be one of ${SLOW_POLICIES.join(', ')}`;
    return { type: 'invalid', error: 'params_not_array', message };
  }
  return {
    type: 'subscribe',
    ...named,
    ...(fromJson === undefined ? {} : { fromJson }),
    ...(filterJson === undefined ? {} : { filterJson }),
    ...(onSlow === undefined ? {} : { onSlow }),
  };
}
