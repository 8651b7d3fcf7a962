/** An asset operation that a recorded transaction holds: read from the recorded text by other code than the project's. */
export interface ExpectedAsset {
  readonly vout: number;
  readonly type: string;
  readonly asset: string;
  /** The node's digits. */
  readonly amountText: string;
  /** The same in 1e-8 units. */
  readonly amountSats: string;
  readonly address: string | undefined;
}

interface DecodedOutput {
  readonly n: number;
  readonly scriptPubKey: {
    readonly type: string;
    readonly hex: string;
    readonly addresses?: readonly string[];
    readonly asset?: { readonly name: string };
    readonly asset_data?: {
      readonly asset_name: string;
      readonly address: string;
      readonly qualifier_type?: string;
      readonly restricted_type?: string;
    };
  };
}

const NOTHING_MOVED = { amountText: '0.00000000', amountSats: '0' } as const;

/** The asset operations of a verbose transaction, in output order. */
export function expectedAssets(transactionText: string): readonly ExpectedAsset[] {
  const { vout } = JSON.parse(transactionText) as { readonly vout: readonly DecodedOutput[] };
  const amounts = [...transactionText.matchAll(/"asset":\{"name":"[^"]*","amount":([0-9]+\.[0-9]{8})/g)];
  return vout.flatMap((output): readonly ExpectedAsset[] => {
    const { type, asset, asset_data: data, addresses, hex } = output.scriptPubKey;
    if (asset) {
      const amountText = amounts.shift()?.[1];
      if (amountText === undefined)
        throw new Error(`no amount in output ${output.n} of a recorded transaction`);
      return [
        {
          vout: output.n,
          type: type.replace('_asset', ''),
          asset: asset.name,
          amountText,
          amountSats: amountText.replace('.', '').replace(/^0+(?=\d)/, ''),
          address: addresses?.[0],
        },
      ];
    }
    if (type !== 'nullassetdata') return [];
    if (data) {
      const words = data.qualifier_type ?? data.restricted_type ?? '';
      const addressType = ADDRESS_TYPES.get(words);
      if (addressType === undefined) throw new Error(`a recorded output says "${words}"`);
      return [
        {
          vout: output.n,
          type: addressType,
          asset: data.asset_name,
          ...NOTHING_MOVED,
          address: data.address,
        },
      ];
    }
    return [{ vout: output.n, ...undecoded(hex, vout), ...NOTHING_MOVED, address: undefined }];
  });
}

const ADDRESS_TYPES: ReadonlyMap<string, string> = new Map([
  ['adding qualifier', 'tag'],
  ['removing qualifier', 'untag'],
  ['freezing address', 'freeze'],
  ['unfreezing address', 'unfreeze'],
]);

/** What the node does not decode: `c0 50 50 <push> <length> <name> <flag>`, or `c0 50 <push> <length> <verifier>`. */
function undecoded(
  hex: string,
  vout: readonly DecodedOutput[],
): { readonly type: string; readonly asset: string } {
  if (hex.startsWith('c05050')) {
    const name = Buffer.from(hex.slice(10, -2), 'hex').toString();
    return { type: hex.endsWith('01') ? 'global_freeze' : 'global_unfreeze', asset: name };
  }
  const restricted = vout
    .map((output) => output.scriptPubKey.asset?.name)
    .find((name) => name?.startsWith('$'));
  return { type: 'verifier', asset: restricted ?? '' };
}
