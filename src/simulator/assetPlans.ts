import { createDrafting, type Drafting } from './assetDraft.js';
import {
  planChannel,
  planQualifier,
  planReissue,
  planRestricted,
  planRoot,
  planSub,
  planSubQualifier,
  planUnique,
  planVerifier,
} from './assetIssues.js';
import type { AssetKind, AssetPlan, AssetPlanContext } from './assetKinds.js';
import { planFreeze, planGlobalFreeze, planMessage, planTag, planTransfer } from './assetMoves.js';

const PLANS: Readonly<Record<AssetKind, (draft: Drafting) => AssetPlan>> = {
  root: planRoot,
  sub: planSub,
  unique: planUnique,
  channel: planChannel,
  qualifier: planQualifier,
  sub_qualifier: planSubQualifier,
  restricted: planRestricted,
  reissue: planReissue,
  transfer: planTransfer,
  transfer_message: planMessage,
  tag: (draft) => planTag(draft, true),
  untag: (draft) => planTag(draft, false),
  freeze: (draft) => planFreeze(draft, true),
  unfreeze: (draft) => planFreeze(draft, false),
  global_freeze: (draft) => planGlobalFreeze(draft, true),
  global_unfreeze: (draft) => planGlobalFreeze(draft, false),
  verifier: planVerifier,
};

/** Plans one operation. A kind that needs something that is not there says so. */
export function planAsset(kind: AssetKind, context: AssetPlanContext): AssetPlan {
  return PLANS[kind](createDrafting(context));
}
