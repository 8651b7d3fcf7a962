import type { AssetPayload, NullAssetPayload } from './assetScript.js';
import { toHex } from './hashing.js';
import { scriptInfo } from './scriptInfo.js';
import type { SimulatedBlock } from './simulatedBlock.js';

/** What the chain knows of one asset. */
export interface AssetRecord {
  readonly name: string;
  /** All that was issued, 10^-8 units. */
  readonly amountSat: bigint;
  readonly units: number;
  readonly reissuable: boolean;
  readonly ipfsHash?: string | undefined;
  /** Where it was issued. */
  readonly blockHeight: number;
  readonly blockHashHex: string;
}

/** Assets, verifier strings, tags and freezes of the best chain. Grows with the chain. */
export interface AssetRegistry {
  get(name: string): AssetRecord | undefined;
  records(): readonly AssetRecord[];
  verifier(restrictedName: string): string | undefined;
  /** Whether an address carries a tag (`#…`) or is frozen for a restricted asset (`$…`). */
  hasFlag(name: string, addressHashHex: string): boolean;
  /** Hashes of the addresses that carry a tag or are frozen. */
  flagged(name: string): readonly string[];
  isGloballyFrozen(restrictedName: string): boolean;
  /** Applies a block; undone by {@link disconnect} of the same block. */
  connect(block: SimulatedBlock): void;
  disconnect(block: SimulatedBlock): void;
}

function applyReissue(before: AssetRecord, payload: AssetPayload & { type: 'reissue' }): AssetRecord {
  return {
    ...before,
    amountSat: before.amountSat + payload.amountSat,
    units: payload.units ?? before.units,
    reissuable: payload.reissuable,
    ipfsHash: payload.ipfsHash ?? before.ipfsHash,
  };
}

/** Makes an empty {@link AssetRegistry}. */
export function createAssetRegistry(): AssetRegistry {
  const assets = new Map<string, AssetRecord>();
  const verifiers = new Map<string, string>();
  const flags = new Map<string, Set<string>>();
  const frozen = new Set<string>();
  const undo = new Map<string, (() => void)[]>();

  const set = <T>(map: Map<string, T>, key: string, value: T): (() => void) => {
    const before = map.get(key);
    map.set(key, value);
    return () => {
      if (before === undefined) map.delete(key);
      else map.set(key, before);
    };
  };
  const flip = (members: Set<string>, key: string, on: boolean): (() => void) => {
    const before = members.has(key);
    if (on) members.add(key);
    else members.delete(key);
    return () => {
      if (before) members.add(key);
      else members.delete(key);
    };
  };
  const flagSet = (name: string): Set<string> => {
    const members = flags.get(name) ?? new Set();
    flags.set(name, members);
    return members;
  };
  const applyAsset = (payload: AssetPayload, block: SimulatedBlock): (() => void) | undefined => {
    if (payload.type === 'new') {
      const { name, amountSat, units, reissuable, ipfsHash } = payload;
      const place = { blockHeight: block.height, blockHashHex: block.hashHex };
      return set(assets, name, { name, amountSat, units, reissuable, ipfsHash, ...place });
    }
    const before = payload.type === 'reissue' ? assets.get(payload.name) : undefined;
    if (payload.type !== 'reissue' || before === undefined) return undefined;
    return set(assets, payload.name, applyReissue(before, payload));
  };
  const applyNull = (payload: NullAssetPayload, restricted: string | undefined): (() => void) | undefined => {
    switch (payload.type) {
      case 'address_flag':
        return flip(flagSet(payload.name), toHex(payload.addressHash), payload.on);
      case 'global_flag':
        return flip(frozen, payload.name, payload.on);
      case 'verifier':
        // It belongs to the restricted asset that the same transaction issues or reissues.
        return restricted === undefined ? undefined : set(verifiers, restricted, payload.text);
    }
  };

  return {
    get: (name) => assets.get(name),
    records: () => [...assets.values()],
    verifier: (name) => verifiers.get(name),
    hasFlag: (name, addressHashHex) => flags.get(name)?.has(addressHashHex) ?? false,
    flagged: (name) => [...(flags.get(name) ?? [])],
    isGloballyFrozen: (name) => frozen.has(name),
    connect(block) {
      const steps: (() => void)[] = [];
      for (const transaction of block.transactions) {
        const infos = transaction.outputs.map((output) => scriptInfo(output.script));
        const restricted = infos.find(
          (info) => info.asset?.type !== 'transfer' && info.asset?.name.startsWith('$'),
        );
        for (const info of infos) {
          const asset = info.asset === undefined ? undefined : applyAsset(info.asset, block);
          const data =
            info.nullAsset === undefined ? undefined : applyNull(info.nullAsset, restricted?.asset?.name);
          if (asset !== undefined) steps.push(asset);
          if (data !== undefined) steps.push(data);
        }
      }
      if (steps.length > 0) undo.set(block.hashHex, steps);
    },
    disconnect(block) {
      for (const step of (undo.get(block.hashHex) ?? []).reverse()) step();
      undo.delete(block.hashHex);
    },
  };
}
