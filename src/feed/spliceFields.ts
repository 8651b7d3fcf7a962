import { cutExpireTime } from '../node/cutExpireTime.js';

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** A JSON object in two parts, of which the first is bytes of the node's. */
export interface SplicedObject {
  readonly dataJson: Buffer;
  /** ASCII. */
  readonly dataEnd: string;
}

/**
 * A JSON object as the node printed it, with members added at its end: the node's bytes are neither parsed nor copied here.
 * Uninitialised `expire_time` members are cut out on the way. `members` is JSON text such as `"a":1,"b":"x"`, in ASCII.
 */
export function spliceFields(objectJson: Buffer, members: string): SplicedObject {
  const json = cutExpireTime(objectJson);
  const end = json.lastIndexOf(CLOSE_BRACE);
  const isEmpty = end === json.indexOf(OPEN_BRACE) + 1;
  return { dataJson: json.subarray(0, end), dataEnd: `${isEmpty ? '' : ','}${members}}` };
}
