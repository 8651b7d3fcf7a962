/** What the node does not decode: outputs that say something about a restricted asset as a whole. */
export type NullAssetScript =
  /** Who may hold the restricted asset that this transaction issues or reissues, `#` left out: `KYC & !AML`; `true` for everybody. */
  | { readonly type: 'verifier'; readonly verifier: string }
  /** All transfers of a restricted asset are stopped, or allowed again. */
  | { readonly type: 'global_freeze' | 'global_unfreeze'; readonly asset: string };

/** OP_EVR_ASSET, OP_RESERVED; one byte of push follows, which is not OP_RESERVED. */
const VERIFIER_PREFIX = 'c050';
/** OP_EVR_ASSET, OP_RESERVED, OP_RESERVED; one byte of push follows. */
const GLOBAL_PREFIX = 'c05050';
const HEX_PATTERN = /^(?:[0-9a-f]{2})*$/;
const PRINTABLE_PATTERN = /^[\x20-\x7e]+$/;

/** One string of a script, and what stands behind it. */
interface ReadString {
  readonly text: string;
  readonly rest: string;
}

/**
 * Reads the script of an output of type `nullassetdata` that has no `asset_data`: `c0 50 <push> <string>` is a verifier string,
 * `c0 50 50 <push> <string> <flag>` a global freeze (flag 01) or its end (00), where a string is one length byte and as many
 * characters. As the node does, it skips exactly one byte for the push and does not look behind what it needs (Evrmore 1.0.5,
 * script/script.cpp: 364-388, assets/assets.cpp `GlobalAssetNullDataFromScript`, `AssetNullVerifierDataFromScript`), so that what
 * the node enforces is what is told. `undefined` for anything else.
 */
export function parseNullAssetScript(hex: string): NullAssetScript | undefined {
  if (!HEX_PATTERN.test(hex)) return undefined;
  if (hex.startsWith(GLOBAL_PREFIX)) {
    const name = readString(hex.slice(GLOBAL_PREFIX.length + 2));
    const flag = name?.rest.slice(0, 2);
    if (name?.text.startsWith('$') !== true || (flag !== '00' && flag !== '01')) return undefined;
    return { type: flag === '01' ? 'global_freeze' : 'global_unfreeze', asset: name.text };
  }
  if (hex.startsWith(VERIFIER_PREFIX)) {
    const verifier = readString(hex.slice(VERIFIER_PREFIX.length + 2));
    return verifier === undefined ? undefined : { type: 'verifier', verifier: verifier.text };
  }
  return undefined;
}

/** A length byte and that many printable characters; the node's names and verifier strings are far below the 253 that one byte can say. */
function readString(hex: string): ReadString | undefined {
  const length = Number.parseInt(hex.slice(0, 2), 16);
  const body = hex.slice(2, 2 + 2 * length);
  if (!(length < 0xfd) || body.length !== 2 * length) return undefined;
  const text = body.replace(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)));
  return PRINTABLE_PATTERN.test(text) ? { text, rest: hex.slice(2 + 2 * length) } : undefined;
}
