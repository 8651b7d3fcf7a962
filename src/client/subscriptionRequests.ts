import type { SlowPolicy } from '../protocol/slowPolicies.js';
import type { FilterChange, From } from './clientTypes.js';

/** What is subscribed to, and how. */
export interface SubscribeParts {
  readonly topicName: string;
  /** Absent: from now on. */
  readonly from: From | undefined;
  /** The filter as JSON; absent: everything. */
  readonly filterJson: string | undefined;
  readonly onSlow: SlowPolicy | undefined;
}

/** The members of a request to subscribe, as JSON without braces. */
export function printSubscribe({ topicName, from, filterJson, onSlow }: SubscribeParts): string {
  const place = from === undefined ? '' : `,"from":${JSON.stringify(from)}`;
  const policy = onSlow === undefined ? '' : `,"on_slow":${JSON.stringify(onSlow)}`;
  const wanted = filterJson === undefined ? '' : `,"filter":${filterJson}`;
  return `"action":"subscribe","topic":${JSON.stringify(topicName)}${place}${wanted}${policy}`;
}

/** The same of one to unsubscribe. */
export function printUnsubscribe(topicName: string): string {
  return `"action":"unsubscribe","topic":${JSON.stringify(topicName)}`;
}

/** The same of one to change the filter; absent where nothing changes. */
export function printUpdate(topicName: string, { add, remove }: FilterChange): string | undefined {
  if (add === undefined && remove === undefined) return undefined;
  const added = add === undefined ? '' : `,"add":${JSON.stringify(add)}`;
  const removed = remove === undefined ? '' : `,"remove":${JSON.stringify(remove)}`;
  return `"action":"update","topic":${JSON.stringify(topicName)}${added}${removed}`;
}
