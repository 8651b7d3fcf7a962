import { transferAmount } from './assetAmounts.js';
import { needs, ownerToken, type Drafting } from './assetDraft.js';
import type { AssetPlan } from './assetKinds.js';
import { assetClass, drawHash } from './assetNames.js';
import { ONE_UNIT_SAT } from './assetScript.js';

/** Part of what one address holds, now and then with a message that the node does not publish. */
export function planTransfer(draft: Drafting): AssetPlan {
  const { random, keys, wallet, assets } = draft;
  const movable = wallet.assetNames().filter((name) => ['root', 'sub', 'unique'].includes(assetClass(name)));
  if (movable.length === 0) return needs('root');
  const name = random.pick(movable);
  const coin = random.pick(wallet.assetCoins(name));
  const heldSat = coin.asset?.amountSat ?? 0n;
  const amountSat = transferAmount(random, heldSat, assets.get(name)?.units ?? 0);
  const message = random.chance(0.15) ? drawHash(random) : undefined;
  const expireTime = message !== undefined && random.chance(0.3) ? 9_007_199_254_740_993n : undefined;
  const payload = { type: 'transfer', name, amountSat, message, expireTime } as const;
  const outputs = [draft.output(random.pick(keys.keys), payload)];
  const restSat = heldSat - amountSat;
  if (restSat > 0n) {
    outputs.push(draft.output(random.pick(keys.keys), { type: 'transfer', name, amountSat: restSat }));
  }
  return draft.finish({ assetInputs: [coin], outputs });
}

/** A message with an owner token or channel, to the address it comes from: only then does the node publish it. */
export function planMessage(draft: Drafting): AssetPlan {
  const { random, keys, wallet } = draft;
  const speaking = wallet.assetNames().filter((name) => ['owner', 'channel'].includes(assetClass(name)));
  if (speaking.length === 0) return needs('root');
  const name = random.pick(speaking);
  const coin = random.pick(wallet.assetCoins(name));
  const self = keys.find(coin.info.owner?.hashHex ?? '') ?? random.pick(keys.keys);
  const expireTime = random.chance(0.3) ? 9_223_372_036_854_775_807n : undefined;
  const message = drawHash(random);
  const payload = { type: 'transfer', name, amountSat: ONE_UNIT_SAT, message, expireTime } as const;
  return draft.finish({ assetInputs: [coin], outputs: [draft.output(self, payload)] });
}

/** Puts a tag on an address, or takes one away. */
export function planTag(draft: Drafting, on: boolean): AssetPlan {
  const { random, keys, assets } = draft;
  const usable = draft.names('qualifier').filter((name) => on || assets.flagged(name).length > 0);
  const qualifier = draft.choose(usable, (name) => name);
  if (qualifier === undefined) return draft.missing(on ? 'qualifier' : 'tag', 'qualifier');
  const { name, coin, back } = qualifier;
  const targets = keys.keys.filter((key) => assets.hasFlag(name, key.hashHex) !== on);
  if (targets.length === 0) return needs(on ? 'untag' : 'tag');
  const addressHash = random.pick(targets).hash;
  const flag = draft.data({ type: 'address_flag', addressHash, name, on });
  const outputs = [...back, flag];
  return draft.finish({ ...(on ? { burn: 'tag' } : {}), assetInputs: [coin], outputs });
}

/** Freezes an address for a restricted asset, or lets it go. */
export function planFreeze(draft: Drafting, on: boolean): AssetPlan {
  const { random, keys, assets } = draft;
  const usable = draft.names('restricted').filter((name) => on || assets.flagged(name).length > 0);
  const asset = draft.choose(usable, ownerToken);
  if (asset === undefined) return draft.missing(on ? 'restricted' : 'freeze', 'restricted');
  const { name, coin, back } = asset;
  const targets = keys.keys.filter((key) => assets.hasFlag(name, key.hashHex) !== on);
  if (targets.length === 0) return needs(on ? 'unfreeze' : 'freeze');
  const addressHash = random.pick(targets).hash;
  const flag = draft.data({ type: 'address_flag', addressHash, name, on });
  return draft.finish({ assetInputs: [coin], outputs: [...back, flag] });
}

/** Freezes all of a restricted asset, or lets it go. */
export function planGlobalFreeze(draft: Drafting, on: boolean): AssetPlan {
  const usable = draft.names('restricted').filter((name) => draft.assets.isGloballyFrozen(name) !== on);
  const asset = draft.choose(usable, ownerToken);
  if (asset === undefined) return draft.missing(on ? 'restricted' : 'global_freeze', 'restricted');
  const flag = draft.data({ type: 'global_flag', name: asset.name, on });
  return draft.finish({ assetInputs: [asset.coin], outputs: [...asset.back, flag] });
}
