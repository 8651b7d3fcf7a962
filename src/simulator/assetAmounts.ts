import { MAX_ASSET_SAT } from './assetScript.js';
import type { RandomSource } from './randomSource.js';

/** Decimals of a new asset, 0 to 8; often 8, where long amounts happen. */
export function drawUnits(random: RandomSource): number {
  return random.chance(0.4) ? 8 : random.between(0, 8);
}

/** The smallest step of an amount with so many decimals, 10^-8 units. */
function step(units: number): bigint {
  return 10n ** BigInt(8 - units);
}

/** An amount to issue above what was issued: usually some thousands, now and then one with up to 19 digits. 10^-8 units. */
export function drawAmount(random: RandomSource, units: number, issuedSat = 0n): bigint {
  const leftSat = MAX_ASSET_SAT - issuedSat;
  const few = step(units) * BigInt(random.between(1, 1_000_000));
  const many = issuedSat === 0n && random.chance(0.2) ? MAX_ASSET_SAT : random.bigInteger(leftSat + 1n);
  const drawn = random.chance(0.5) ? many : few;
  const wanted = drawn > leftSat ? leftSat : drawn;
  const rounded = wanted - (wanted % step(units));
  // Nothing may be left to issue; a new asset always has at least one step.
  return rounded === 0n && issuedSat === 0n ? step(units) : rounded;
}

/** Part of what is held, or all of it: at least one step. 10^-8 units. */
export function transferAmount(random: RandomSource, heldSat: bigint, units: number): bigint {
  if (random.chance(0.1)) return heldSat;
  const drawn = random.bigInteger(heldSat) + 1n;
  const rounded = drawn - (drawn % step(units));
  return rounded === 0n ? (step(units) > heldSat ? heldSat : step(units)) : rounded;
}
