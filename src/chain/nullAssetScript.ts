/** What the node does not decode: outputs that say something about a restricted asset as a whole. */
export type NullAssetScript =
  /** Who may hold the restricted asset that this transaction issues or reissues, `#` left out: `KYC & !AML`; `true` for everybody. */
  | { readonly type: 'verifier'; readonly verifier: string }
  /** All transfers of a restricted asset are stopped, or allowed again. */
  | { readonly type: 'global_freeze' | 'global_unfreeze'; readonly asset: string };

/** OP_EVR_ASSET, OP_RESERVED. */
const VERIFIER_PREFIX = 'c050';
/** OP_EVR_ASSET, OP_RESERVED, OP_RESERVED. */
const GLOBAL_PREFIX = 'c05050';
const PRINTABLE = /^[\x20-\x7e]+$/;

/**
 * Reads the script of an output of type `nullassetdata` that has no `asset_data`: `c0 50 <push: string>` is a verifier string,
 * `c0 50 50 <push: string, flag>` a global freeze (flag 01) or its end (00), where a string is one length byte and as many
 * characters (Evrmore 1.0.5, script/script.cpp: 364-388). `undefined` for anything else.
 */
export function parseNullAssetScript(hex: string): NullAssetScript | undefined {
  // 0x50 is no push, so that the two prefixes cannot be taken for one another.
  if (hex.startsWith(GLOBAL_PREFIX)) {
    const bytes = readPush(hex.slice(GLOBAL_PREFIX.length));
    const asset = bytes === undefined ? undefined : readString(bytes.slice(0, -1));
    const flag = bytes?.at(-1);
    if (asset?.startsWith('$') !== true || (flag !== 0 && flag !== 1)) return undefined;
    return { type: flag === 1 ? 'global_freeze' : 'global_unfreeze', asset };
  }
  if (hex.startsWith(VERIFIER_PREFIX)) {
    const bytes = readPush(hex.slice(VERIFIER_PREFIX.length));
    const verifier = bytes === undefined ? undefined : readString(bytes);
    return verifier === undefined ? undefined : { type: 'verifier', verifier };
  }
  return undefined;
}

/** The bytes of the one push that `hex` consists of: lengths up to 75 directly, up to 255 after OP_PUSHDATA1. */
function readPush(hex: string): readonly number[] | undefined {
  const bytes = readHex(hex);
  if (bytes === undefined) return undefined;
  const [first = 0, second = 0] = bytes;
  const headerBytes = first === 0x4c ? 2 : 1;
  const length = first === 0x4c ? second : first;
  if (first === 0 || first > 0x4c || bytes.length !== headerBytes + length) return undefined;
  return bytes.slice(headerBytes);
}

function readHex(hex: string): readonly number[] | undefined {
  if (hex.length % 2 !== 0 || !/^[0-9a-f]*$/.test(hex)) return undefined;
  return (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}

/** A length byte and exactly as many printable characters. */
function readString(bytes: readonly number[]): string | undefined {
  const [length, ...characters] = bytes;
  const text = String.fromCharCode(...characters);
  return length === characters.length && PRINTABLE.test(text) ? text : undefined;
}
