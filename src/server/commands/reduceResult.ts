import { jsonItems, jsonMembers } from '../../node/jsonMembers.js';
import { RpcMalformedError, type RawJson } from '../../node/rpcTypes.js';

/** Members of `validateaddress` that do not tell of the node's own wallet. */
const PUBLIC_ADDRESS_KEYS: readonly string[] = ['isvalid', 'address', 'scriptPubKey', 'isscript'];
/** Members of `getnetworkinfo` that tell where the node is. */
const PRIVATE_NETWORK_KEYS: readonly string[] = ['localaddresses', 'networks'];
/** Members of each of its `networks` that do. */
const PRIVATE_PROXY_KEYS: readonly string[] = ['proxy', 'proxy_randomize_credentials'];

/** The result of `validateaddress` with only what is true of the address for everybody. The values keep their bytes. */
export function keepPublicAddressInfo(result: RawJson): RawJson {
  return printObject(membersOf(result).filter(([key]) => PUBLIC_ADDRESS_KEYS.includes(key)));
}

/** The result of `getnetworkinfo` without the node's own addresses and its proxies. The values keep their bytes. */
export function dropPrivateNetworkInfo(result: RawJson): RawJson {
  const kept: [string, Buffer][] = [];
  for (const [key, value] of membersOf(result)) {
    if (key === 'networks') kept.push([key, dropProxies(value)]);
    else if (!PRIVATE_NETWORK_KEYS.includes(key)) kept.push([key, value]);
  }
  return printObject(kept);
}

function dropProxies(networks: Buffer): Buffer {
  const items = jsonItems(networks);
  if (items === undefined) throw new RpcMalformedError('wrong_shape', 'networks is no array');
  const reduced = items.map((item) =>
    printObject(membersOf(item).filter(([key]) => !PRIVATE_PROXY_KEYS.includes(key))),
  );
  return Buffer.from(`[${reduced.map(String).join(',')}]`);
}

function membersOf(json: Buffer): readonly [string, Buffer][] {
  const members = jsonMembers(json);
  if (members === undefined) throw new RpcMalformedError('wrong_shape', 'the result is no object');
  return [...members];
}

function printObject(members: readonly (readonly [string, Buffer])[]): Buffer {
  return Buffer.from(
    `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value.toString('utf8')}`).join(',')}}`,
  );
}
