import { assetClass, drawHash, drawName, drawPart } from './assetNames.js';
import type { AssetRegistry } from './assetRegistry.js';
import { assetScript, nullAssetScript, ONE_UNIT_SAT, type AssetPayload } from './assetScript.js';
import type { Coin } from './coin.js';
import { BURNS, burnScript, type SimulatedKey } from './keyRing.js';
import type { PlanContext } from './payments.js';
import { drawAmount, drawUnits, transferAmount } from './assetAmounts.js';
import type { SimulatedTransaction, TransactionOutput } from './simulatedTransaction.js';
import { buildTransaction } from './transactionBuilder.js';

/** The asset operations that can be asked for. */
export const ASSET_KINDS = [
  'root',
  'sub',
  'unique',
  'channel',
  'qualifier',
  'sub_qualifier',
  'restricted',
  'reissue',
  'transfer',
  'transfer_message',
  'tag',
  'untag',
  'freeze',
  'unfreeze',
  'global_freeze',
  'global_unfreeze',
  'verifier',
] as const;

/** One of {@link ASSET_KINDS}. */
export type AssetKind = (typeof ASSET_KINDS)[number];

/** Either a transaction, or what has to happen first: another operation (then a block), or a block alone. */
export type AssetPlan =
  | { readonly type: 'ready'; readonly transaction: SimulatedTransaction }
  | { readonly type: 'needs'; readonly what: AssetKind | 'block' };

/** What asset plans are made with. */
export interface AssetPlanContext extends PlanContext {
  readonly assets: AssetRegistry;
  /** Names of assets that waiting transactions issue, reissue, tag or freeze. */
  pendingNames(): ReadonlySet<string>;
}

interface Draft {
  readonly burn?: keyof typeof BURNS;
  /** How often the burn is due. */
  readonly burns?: number;
  readonly assetInputs: readonly Coin[];
  readonly outputs: readonly TransactionOutput[];
  readonly tail?: readonly TransactionOutput[];
}

const needs = (what: AssetKind | 'block'): AssetPlan => ({ type: 'needs', what });
const FEE_RESERVE_SAT = 20_000_000n;

/** Plans one operation. Kinds that need something that is not there say so. */
export function planAsset(kind: AssetKind, context: AssetPlanContext): AssetPlan {
  const { random, keys, wallet, assets } = context;
  const pending = context.pendingNames();
  const data = (payload: Parameters<typeof nullAssetScript>[0]): TransactionOutput => ({
    valueSat: 0n,
    script: nullAssetScript(payload),
  });
  const output = (key: Pick<SimulatedKey, 'script'>, payload: AssetPayload): TransactionOutput => ({
    valueSat: 0n,
    script: assetScript(key.script, payload),
  });
  const keyOf = (coin: Coin): SimulatedKey =>
    keys.find(coin.info.owner?.hashHex ?? '') ?? random.pick(keys.keys);
  const finish = (draft: Draft): AssetPlan => {
    const burnSat = draft.burn === undefined ? 0n : BURNS[draft.burn].sat * BigInt(draft.burns ?? 1);
    const funds = wallet.pickEvr(burnSat + FEE_RESERVE_SAT);
    if (funds === undefined) return needs('block');
    const burned = draft.burn === undefined ? [] : [{ valueSat: burnSat, script: burnScript(draft.burn) }];
    const plan = {
      inputs: [...funds, ...draft.assetInputs],
      outputs: [...burned, ...draft.outputs],
      tail: draft.tail ?? [],
      changeKey: random.pick(keys.keys),
      lockTime: context.height(),
    };
    return { type: 'ready', transaction: buildTransaction(plan, keys, random) };
  };

  /** A coin of the token (`NAME!`, or a qualifier) that allows an operation, and the outputs that give it back. */
  const authority = (
    name: string,
  ): { coin: Coin; key: SimulatedKey; back: TransactionOutput[] } | undefined => {
    const [coin] = wallet.assetCoins(name);
    if (coin?.asset === undefined) return undefined;
    const key = random.pick(keys.keys);
    const back = [output(key, { type: 'transfer', name, amountSat: ONE_UNIT_SAT })];
    const restSat = coin.asset.amountSat - ONE_UNIT_SAT;
    if (restSat > 0n) back.push(output(key, { type: 'transfer', name, amountSat: restSat }));
    return { coin, key, back };
  };
  /** Issued assets of a class that pass, with the authority over them; the newest are preferred a little by drawing. */
  const choose = (wanted: readonly string[], token: (name: string) => string) => {
    const open = wanted.filter((name) => !pending.has(name) && wallet.assetCoins(token(name)).length > 0);
    if (open.length === 0) return undefined;
    const name = random.pick(open);
    const found = authority(token(name));
    return found === undefined ? undefined : { name, ...found };
  };
  const names = (...classes: string[]): string[] =>
    assets
      .records()
      .map((record) => record.name)
      .filter((name) => classes.includes(assetClass(name)));
  const restrictedNames = (passes: (name: string) => boolean): string[] => names('restricted').filter(passes);
  const ownerToken = (name: string): string => `${name.replace('$', '')}!`;
  const isWaiting = (test: (name: string) => boolean): boolean => [...pending].some(test);
  /** What to do when nothing fits: wait for a block if what is needed is on its way, make it otherwise. */
  const first = (what: AssetKind, test: (name: string) => boolean): AssetPlan =>
    needs(isWaiting(test) ? 'block' : what);
  const isRoot = (name: string): boolean => assetClass(name) === 'root';
  const isQualifier = (name: string): boolean => assetClass(name) === 'qualifier';
  const isRestricted = (name: string): boolean => assetClass(name) === 'restricted';

  switch (kind) {
    case 'root': {
      const key = random.pick(keys.keys);
      const name = drawName(random);
      const units = drawUnits(random);
      const issued: AssetPayload = {
        type: 'new',
        name,
        amountSat: drawAmount(random, units),
        units,
        reissuable: true,
        ipfsHash: random.chance(0.5) ? drawHash(random) : undefined,
      };
      const tail = [output(key, { type: 'owner', name: `${name}!` }), output(key, issued)];
      return finish({ burn: 'root', assetInputs: [], outputs: [], tail });
    }
    case 'sub': {
      const parent = choose(names('root'), ownerToken);
      if (parent === undefined) return first('root', isRoot);
      const key = random.pick(keys.keys);
      const name = `${parent.name}/${drawPart(random)}`;
      const units = drawUnits(random);
      const issued: AssetPayload = {
        type: 'new',
        name,
        amountSat: drawAmount(random, units),
        units,
        reissuable: true,
      };
      const tail = [output(key, { type: 'owner', name: `${name}!` }), output(key, issued)];
      return finish({ burn: 'sub', assetInputs: [parent.coin], outputs: parent.back, tail });
    }
    case 'unique': {
      const parent = choose(
        names('root', 'sub').filter((name) => name.length < 22),
        ownerToken,
      );
      if (parent === undefined) return first('root', isRoot);
      const key = random.pick(keys.keys);
      const tail: TransactionOutput[] = [];
      for (let left = random.between(1, 3); left > 0; left--) {
        const name = `${parent.name}#${drawPart(random)}`;
        tail.push(output(key, { type: 'new', name, amountSat: ONE_UNIT_SAT, units: 0, reissuable: false }));
      }
      return finish({
        burn: 'unique',
        burns: tail.length,
        assetInputs: [parent.coin],
        outputs: parent.back,
        tail,
      });
    }
    case 'channel': {
      const parent = choose(names('root'), ownerToken);
      if (parent === undefined) return first('root', isRoot);
      const name = `${parent.name}~${drawPart(random)}`;
      const key = random.pick(keys.keys);
      const tail = [output(key, { type: 'new', name, amountSat: ONE_UNIT_SAT, units: 0, reissuable: false })];
      return finish({ burn: 'channel', assetInputs: [parent.coin], outputs: parent.back, tail });
    }
    case 'qualifier': {
      const key = random.pick(keys.keys);
      const amountSat = ONE_UNIT_SAT * BigInt(random.between(2, 10));
      const issued: AssetPayload = {
        type: 'new',
        name: `#${drawPart(random)}`,
        amountSat,
        units: 0,
        reissuable: false,
      };
      return finish({ burn: 'qualifier', assetInputs: [], outputs: [], tail: [output(key, issued)] });
    }
    case 'sub_qualifier': {
      const parent = choose(names('qualifier'), (name) => name);
      if (parent === undefined) return first('qualifier', isQualifier);
      const name = `${parent.name}/#${drawPart(random)}`;
      const issued: AssetPayload = {
        type: 'new',
        name,
        amountSat: ONE_UNIT_SAT,
        units: 0,
        reissuable: false,
      };
      const tail = [output(random.pick(keys.keys), issued)];
      return finish({ burn: 'sub_qualifier', assetInputs: [parent.coin], outputs: parent.back, tail });
    }
    case 'restricted': {
      const tagged = names('qualifier').filter((name) => assets.flagged(name).length > 0);
      const qualifier = tagged.length === 0 ? undefined : random.pick(tagged);
      if (qualifier === undefined) return first('tag', isQualifier);
      const free = names('root').filter(
        (name) => !pending.has(`$${name}`) && assets.get(`$${name}`) === undefined,
      );
      const parent = choose(free, ownerToken);
      if (parent === undefined) return first('root', isRoot);
      const holder = keys.find(random.pick(assets.flagged(qualifier))) ?? random.pick(keys.keys);
      const units = drawUnits(random);
      const issued: AssetPayload = {
        type: 'new',
        name: `$${parent.name}`,
        amountSat: drawAmount(random, units),
        units,
        reissuable: true,
      };
      const outputs = [...parent.back, data({ type: 'verifier', text: qualifier.slice(1) })];
      return finish({
        burn: 'restricted',
        assetInputs: [parent.coin],
        outputs,
        tail: [output(holder, issued)],
      });
    }
    case 'reissue': {
      const asset = choose(
        names('root', 'sub').filter((name) => assets.get(name)?.reissuable === true),
        ownerToken,
      );
      const record = asset === undefined ? undefined : assets.get(asset.name);
      if (asset === undefined || record === undefined) return first('root', isRoot);
      const reissue: AssetPayload = {
        type: 'reissue',
        name: asset.name,
        amountSat: random.chance(0.2) ? 0n : drawAmount(random, record.units, record.amountSat),
        units: record.units < 8 && random.chance(0.3) ? record.units + 1 : undefined,
        reissuable: !random.chance(0.1),
        ipfsHash: random.chance(0.4) ? drawHash(random) : undefined,
      };
      const tail = [output(asset.key, reissue)];
      return finish({ burn: 'reissue', assetInputs: [asset.coin], outputs: asset.back, tail });
    }
    case 'verifier': {
      const asset = choose(
        restrictedNames((name) => assets.get(name)?.reissuable === true),
        ownerToken,
      );
      if (asset === undefined) return first('restricted', isRestricted);
      const reissue: AssetPayload = { type: 'reissue', name: asset.name, amountSat: 0n, reissuable: true };
      const before = assets.verifier(asset.name);
      const text = before === 'true' ? (names('qualifier')[0] ?? '#KYC').slice(1) : 'true';
      const outputs = [data({ type: 'verifier', text }), ...asset.back];
      return finish({
        burn: 'reissue',
        assetInputs: [asset.coin],
        outputs,
        tail: [output(asset.key, reissue)],
      });
    }
    case 'transfer': {
      const movable = wallet
        .assetNames()
        .filter((name) => ['root', 'sub', 'unique'].includes(assetClass(name)));
      if (movable.length === 0) return needs('root');
      const name = random.pick(movable);
      const coin = random.pick(wallet.assetCoins(name));
      const heldSat = coin.asset?.amountSat ?? 0n;
      const amountSat = transferAmount(random, heldSat, assets.get(name)?.units ?? 0);
      const message = random.chance(0.15) ? drawHash(random) : undefined;
      const expireTime = message !== undefined && random.chance(0.3) ? 9_007_199_254_740_993n : undefined;
      const outputs = [
        output(random.pick(keys.keys), { type: 'transfer', name, amountSat, message, expireTime }),
      ];
      const restSat = heldSat - amountSat;
      if (restSat > 0n)
        outputs.push(output(random.pick(keys.keys), { type: 'transfer', name, amountSat: restSat }));
      return finish({ assetInputs: [coin], outputs });
    }
    case 'transfer_message': {
      const speaking = wallet.assetNames().filter((name) => ['owner', 'channel'].includes(assetClass(name)));
      if (speaking.length === 0) return needs('root');
      const name = random.pick(speaking);
      const coin = random.pick(wallet.assetCoins(name));
      // To the address it comes from: only then does the node publish it.
      const expireTime = random.chance(0.3) ? 9_223_372_036_854_775_807n : undefined;
      const payload: AssetPayload = {
        type: 'transfer',
        name,
        amountSat: ONE_UNIT_SAT,
        message: drawHash(random),
        expireTime,
      };
      return finish({ assetInputs: [coin], outputs: [output(keyOf(coin), payload)] });
    }
    case 'tag':
    case 'untag': {
      const on = kind === 'tag';
      const usable = names('qualifier').filter((name) => on || assets.flagged(name).length > 0);
      const qualifier = choose(usable, (name) => name);
      if (qualifier === undefined) return first(on ? 'qualifier' : 'tag', isQualifier);
      const targets = keys.keys.filter((key) => assets.hasFlag(qualifier.name, key.hashHex) !== on);
      if (targets.length === 0) return needs(on ? 'untag' : 'tag');
      const flag = data({
        type: 'address_flag',
        addressHash: random.pick(targets).hash,
        name: qualifier.name,
        on,
      });
      const draft = { assetInputs: [qualifier.coin], outputs: [...qualifier.back, flag] };
      return finish(on ? { ...draft, burn: 'tag' } : draft);
    }
    case 'freeze':
    case 'unfreeze': {
      const on = kind === 'freeze';
      const asset = choose(
        restrictedNames((name) => on || assets.flagged(name).length > 0),
        ownerToken,
      );
      if (asset === undefined) return first(on ? 'restricted' : 'freeze', isRestricted);
      const targets = keys.keys.filter((key) => assets.hasFlag(asset.name, key.hashHex) !== on);
      if (targets.length === 0) return needs(on ? 'unfreeze' : 'freeze');
      const flag = data({
        type: 'address_flag',
        addressHash: random.pick(targets).hash,
        name: asset.name,
        on,
      });
      return finish({ assetInputs: [asset.coin], outputs: [...asset.back, flag] });
    }
    case 'global_freeze':
    case 'global_unfreeze': {
      const on = kind === 'global_freeze';
      const asset = choose(
        restrictedNames((name) => assets.isGloballyFrozen(name) !== on),
        ownerToken,
      );
      if (asset === undefined) return first(on ? 'restricted' : 'global_freeze', isRestricted);
      const outputs = [...asset.back, data({ type: 'global_flag', name: asset.name, on })];
      return finish({ assetInputs: [asset.coin], outputs });
    }
  }
}
