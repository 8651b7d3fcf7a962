/** What an asset is, as its name tells: the node has no field for it. */
export type AssetClass =
  /** `NAME` */
  | 'root'
  /** `ROOT/SUB`, to any depth. */
  | 'sub'
  /** `NAME!` or `ROOT/SUB!`: the right to reissue, to issue below, and to send messages. */
  | 'owner'
  /** `NAME#tag` */
  | 'unique'
  /** `NAME~CHANNEL`, for messages. */
  | 'channel'
  /** `#NAME`, which tags addresses. */
  | 'qualifier'
  /** `#NAME/#SUB` */
  | 'sub_qualifier'
  /** `$NAME` */
  | 'restricted'
  /** `NAME^VOTE`: a rule for names exists, no way to issue. */
  | 'vote';

/**
 * The class of an asset's name. The name is taken to be one that the node accepted: no rule of form is checked again
 * (Evrmore 1.0.5, assets/assets.cpp: 44-87).
 */
export function assetClass(name: string): AssetClass {
  if (name.startsWith('#')) return name.includes('/') ? 'sub_qualifier' : 'qualifier';
  if (name.startsWith('$')) return 'restricted';
  if (name.endsWith('!')) return 'owner';
  if (name.includes('#')) return 'unique';
  if (name.includes('~')) return 'channel';
  if (name.includes('^')) return 'vote';
  return name.includes('/') ? 'sub' : 'root';
}

/** What an asset's name says about where it belongs. */
export interface AssetParts {
  readonly class: AssetClass;
  /** The first name of the line: `A` for `A/B#c`, `#KYC` for `#KYC/#US`, `A` for `$A` (whose owner token is `A!`). */
  readonly root: string;
  /** The asset that this one hangs on: `A/B` for `A/B/C`, `A/B!`, `A/B#c` and `A/B~C`; `A` for `$A`; none for a root or qualifier. */
  readonly parent?: string;
}

/** Takes an asset's name apart. */
export function assetParts(name: string): AssetParts {
  const kind = assetClass(name);
  switch (kind) {
    case 'root':
    case 'qualifier':
      return { class: kind, root: name };
    case 'restricted':
      return { class: kind, root: firstName(name.slice(1)), parent: name.slice(1) };
    case 'owner':
      return withParent(kind, name.slice(0, -1));
    case 'unique':
      return withParent(kind, name.slice(0, name.indexOf('#')));
    case 'channel':
      return withParent(kind, name.slice(0, name.indexOf('~')));
    case 'vote':
      return withParent(kind, name.slice(0, name.indexOf('^')));
    case 'sub':
    case 'sub_qualifier':
      return withParent(kind, name.slice(0, name.lastIndexOf('/')));
  }
}

function withParent(kind: AssetClass, parent: string): AssetParts {
  return { class: kind, root: firstName(parent), parent };
}

function firstName(name: string): string {
  const slash = name.indexOf('/');
  return slash === -1 ? name : name.slice(0, slash);
}
