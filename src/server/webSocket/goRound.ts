/**
 * Goes round a set that changes, a share of it at a time: `turns` calls of what this returns look at everybody once. Who has come since is
 * looked at in this round or in the next; while many come, a round takes some calls more. No call looks at more than its share, nor twice
 * at anybody.
 */
export function goRound<Item>(
  items: ReadonlySet<Item>,
  turns: number,
): (lookAt: (item: Item) => void) => void {
  // It sees what comes after it, and not what has gone.
  let rest = items.values();
  return (lookAt) => {
    const share = Math.ceil(items.size / turns);
    for (let looked = 0; looked < Math.min(share, items.size); looked += 1) {
      let next = rest.next();
      if (next.done === true) {
        rest = items.values();
        next = rest.next();
      }
      if (next.done === true) return;
      lookAt(next.value);
    }
  };
}
