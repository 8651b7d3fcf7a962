import { readFileSync } from 'node:fs';

/** Version of this package, from its `package.json`. */
export function packageVersion(): string {
  const content: unknown = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), { encoding: 'utf8' }),
  );
  const version =
    typeof content === 'object' && content !== null && 'version' in content ? content.version : '';
  return typeof version === 'string' && version !== '' ? version : 'unknown';
}
