import { rmSync } from 'node:fs';

// A build starts from nothing, so that a deleted source leaves no stale module behind.
rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
