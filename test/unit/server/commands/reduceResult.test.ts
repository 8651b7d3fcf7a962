import { describe, expect, it } from 'vitest';
import { RpcMalformedError } from '../../../../src/node/rpcTypes.js';
import {
  dropPrivateNetworkInfo,
  keepPublicAddressInfo,
} from '../../../../src/server/commands/reduceResult.js';

const reduce = (how: (result: Buffer) => Buffer, json: string): string => how(Buffer.from(json)).toString();

describe('results that are reduced', () => {
  it('keep of validateaddress what is true of the address for everybody', () => {
    const full =
      '{"isvalid":true,"address":"mAB","scriptPubKey":"76a9","ismine":true,"iswatchonly":false,"isscript":false,"pubkey":"02","account":"secret","timestamp":1,"hdkeypath":"m/0","hdseedid":"ff"}';
    expect(reduce(keepPublicAddressInfo, full)).toBe(
      '{"isvalid":true,"address":"mAB","scriptPubKey":"76a9","isscript":false}',
    );
    expect(reduce(keepPublicAddressInfo, '{"isvalid":false}')).toBe('{"isvalid":false}');
  });

  it('keep of getnetworkinfo nothing that tells where the node is, and every other digit', () => {
    const full =
      '{"version":1000500,"networks":[{"name":"ipv4","limited":false,"proxy":"10.0.0.9:9050","proxy_randomize_credentials":true},{"name":"onion","proxy":""}],"relayfee":0.01000000,"localaddresses":[{"address":"203.0.113.7","port":8820,"score":1}],"warnings":"a \\"b\\""}';
    expect(reduce(dropPrivateNetworkInfo, full)).toBe(
      '{"version":1000500,"networks":[{"name":"ipv4","limited":false},{"name":"onion"}],"relayfee":0.01000000,"warnings":"a \\"b\\""}',
    );
  });

  it('are refused when the node answers another shape', () => {
    for (const json of ['null', '[]', '"x"']) {
      expect(() => reduce(keepPublicAddressInfo, json)).toThrow(RpcMalformedError);
    }
    expect(() => reduce(dropPrivateNetworkInfo, '{"networks":{}}')).toThrow(RpcMalformedError);
  });
});
