import { cutExpireTime } from '../node/cutExpireTime.js';

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * A JSON object as the node printed it, with members added at its end: the node's bytes are copied, never parsed and printed
 * again. Uninitialised `expire_time` members are cut out on the way. `members` is JSON text such as `"a":1,"b":"x"`.
 */
export function spliceFields(objectJson: Buffer, members: string): Buffer {
  const json = cutExpireTime(objectJson);
  const end = json.lastIndexOf(CLOSE_BRACE);
  const isEmpty = end === json.indexOf(OPEN_BRACE) + 1;
  const tail = Buffer.from(`${isEmpty ? '' : ','}${members}}`);
  return Buffer.concat([json.subarray(0, end), tail]);
}
