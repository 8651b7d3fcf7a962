import { drawAmount, drawUnits } from './assetAmounts.js';
import { needs, ownerToken, type Drafting } from './assetDraft.js';
import type { AssetPlan } from './assetKinds.js';
import { drawHash, drawName, drawPart } from './assetNames.js';
import { ONE_UNIT_SAT, type AssetPayload } from './assetScript.js';
import type { TransactionOutput } from './simulatedTransaction.js';

/** Longest name that a tag still fits behind; 31 characters are the most. */
const LONGEST_UNIQUE_PARENT = 24;

/** One unit of an asset that is never reissued: unique, channel, sub-qualifier. */
const single = (name: string): AssetPayload => ({
  type: 'new',
  name,
  amountSat: ONE_UNIT_SAT,
  units: 0,
  reissuable: false,
});

/** Units, amount and the rest of an asset that can be divided. */
function divisible(draft: Drafting, name: string): AssetPayload {
  const units = drawUnits(draft.random);
  const amountSat = drawAmount(draft.random, units);
  const ipfsHash = draft.random.chance(0.5) ? drawHash(draft.random) : undefined;
  return { type: 'new', name, amountSat, units, reissuable: true, ipfsHash };
}

/** A new root asset with its owner token. */
export function planRoot(draft: Drafting): AssetPlan {
  const key = draft.random.pick(draft.keys.keys);
  const name = drawName(draft.random);
  const owner = draft.output(key, { type: 'owner', name: `${name}!` });
  return draft.finish({
    burn: 'root',
    assetInputs: [],
    outputs: [],
    tail: [owner, draft.output(key, divisible(draft, name))],
  });
}

/** A new sub-asset with its owner token. */
export function planSub(draft: Drafting): AssetPlan {
  const parent = draft.choose(draft.names('root'), ownerToken);
  if (parent === undefined) return draft.missing('root', 'root');
  const key = draft.random.pick(draft.keys.keys);
  const name = `${parent.name}/${drawPart(draft.random)}`;
  const owner = draft.output(key, { type: 'owner', name: `${name}!` });
  const tail = [owner, draft.output(key, divisible(draft, name))];
  return draft.finish({ burn: 'sub', assetInputs: [parent.coin], outputs: parent.back, tail });
}

/** One to three unique assets. */
export function planUnique(draft: Drafting): AssetPlan {
  const parents = draft.names('root', 'sub').filter((name) => name.length <= LONGEST_UNIQUE_PARENT);
  const parent = draft.choose(parents, ownerToken);
  if (parent === undefined) return draft.missing('root', 'root');
  const key = draft.random.pick(draft.keys.keys);
  const tail: TransactionOutput[] = [];
  for (let left = draft.random.between(1, 3); left > 0; left--) {
    tail.push(draft.output(key, single(`${parent.name}#${drawPart(draft.random)}`)));
  }
  const { coin, back } = parent;
  return draft.finish({ burn: 'unique', burns: tail.length, assetInputs: [coin], outputs: back, tail });
}

/** A message channel. */
export function planChannel(draft: Drafting): AssetPlan {
  const parent = draft.choose(draft.names('root'), ownerToken);
  if (parent === undefined) return draft.missing('root', 'root');
  const issued = single(`${parent.name}~${drawPart(draft.random)}`);
  const tail = [draft.output(draft.random.pick(draft.keys.keys), issued)];
  return draft.finish({ burn: 'channel', assetInputs: [parent.coin], outputs: parent.back, tail });
}

/** A qualifier of 2 to 10 units. */
export function planQualifier(draft: Drafting): AssetPlan {
  const amountSat = ONE_UNIT_SAT * BigInt(draft.random.between(2, 10));
  const issued: AssetPayload = {
    type: 'new',
    name: `#${drawPart(draft.random)}`,
    amountSat,
    units: 0,
    reissuable: false,
  };
  const tail = [draft.output(draft.random.pick(draft.keys.keys), issued)];
  return draft.finish({ burn: 'qualifier', assetInputs: [], outputs: [], tail });
}

/** A qualifier below another. */
export function planSubQualifier(draft: Drafting): AssetPlan {
  const parent = draft.choose(draft.names('qualifier'), (name) => name);
  if (parent === undefined) return draft.missing('qualifier', 'qualifier');
  const issued = single(`${parent.name}/#${drawPart(draft.random)}`);
  const tail = [draft.output(draft.random.pick(draft.keys.keys), issued)];
  return draft.finish({ burn: 'sub_qualifier', assetInputs: [parent.coin], outputs: parent.back, tail });
}

/** A restricted asset, issued to an address that carries the tag which its verifier string asks for. */
export function planRestricted(draft: Drafting): AssetPlan {
  const { random, keys, assets } = draft;
  const tagged = draft.names('qualifier').filter((name) => assets.flagged(name).length > 0);
  if (tagged.length === 0) return draft.missing('tag', 'qualifier');
  const qualifier = random.pick(tagged);
  const free = draft.names('root').filter((name) => assets.get(`$${name}`) === undefined);
  const parent = draft.choose(
    free.filter((name) => !draft.pendingNames().has(`$${name}`)),
    ownerToken,
  );
  if (parent === undefined) return draft.missing('root', 'root');
  const holder = keys.find(random.pick(assets.flagged(qualifier)));
  if (holder === undefined) return needs('tag');
  const tail = [draft.output(holder, divisible(draft, `$${parent.name}`))];
  const outputs = [...parent.back, draft.data({ type: 'verifier', text: qualifier.slice(1) })];
  return draft.finish({ burn: 'restricted', assetInputs: [parent.coin], outputs, tail });
}

/** More of an asset, more decimals, another IPFS hash, or no reissue any more. */
export function planReissue(draft: Drafting): AssetPlan {
  const { random, assets } = draft;
  const open = draft.names('root', 'sub').filter((name) => assets.get(name)?.reissuable === true);
  const asset = draft.choose(open, ownerToken);
  const record = asset === undefined ? undefined : assets.get(asset.name);
  if (asset === undefined || record === undefined) return draft.missing('root', 'root');
  const reissue: AssetPayload = {
    type: 'reissue',
    name: asset.name,
    amountSat: random.chance(0.2) ? 0n : drawAmount(random, record.units, record.amountSat),
    units: record.units < 8 && random.chance(0.3) ? record.units + 1 : undefined,
    reissuable: !random.chance(0.1),
    ipfsHash: random.chance(0.4) ? drawHash(random) : undefined,
  };
  const tail = [draft.output(asset.key, reissue)];
  return draft.finish({ burn: 'reissue', assetInputs: [asset.coin], outputs: asset.back, tail });
}

/** A restricted asset gets another verifier string. */
export function planVerifier(draft: Drafting): AssetPlan {
  const { assets } = draft;
  const open = draft.names('restricted').filter((name) => assets.get(name)?.reissuable === true);
  const asset = draft.choose(open, ownerToken);
  if (asset === undefined) return draft.missing('restricted', 'restricted');
  const [qualifier = '#KYC'] = draft.names('qualifier');
  const text = assets.verifier(asset.name) === 'true' ? qualifier.slice(1) : 'true';
  const reissue: AssetPayload = { type: 'reissue', name: asset.name, amountSat: 0n, reissuable: true };
  return draft.finish({
    burn: 'reissue',
    assetInputs: [asset.coin],
    outputs: [draft.data({ type: 'verifier', text }), ...asset.back],
    tail: [draft.output(asset.key, reissue)],
  });
}
