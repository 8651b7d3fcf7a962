/** Frames from this size on are written by themselves: one more write costs less than to copy them. */
const LARGE_FRAME_BYTES = 64 * 1024;

/**
 * Frames to be written one after the other: small ones are joined, large ones are not copied, so that many clients that are sent
 * the same large block hold it in memory once.
 */
export function joinFrames(parts: readonly Buffer[]): readonly Buffer[] {
  const joined: Buffer[] = [];
  let small: Buffer[] = [];
  const endSmall = (): void => {
    if (small.length > 0) joined.push(Buffer.concat(small));
    small = [];
  };
  for (const part of parts) {
    if (part.length < LARGE_FRAME_BYTES) {
      small.push(part);
      continue;
    }
    endSmall();
    joined.push(part);
  }
  endSmall();
  return joined;
}
