import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CLIENT_TOKEN_VARIABLE, SETTING_KEYS, envOf, flagOf } from '../../../src/config/settings.js';

const root = new URL('../../../', import.meta.url);
const page = readFileSync(new URL('docs/running.md', root), 'utf8');
const unit = readFileSync(new URL('systemd/evrmore-gateway.service', root), 'utf8');

/** What yargs brings, and what the page shows to be refused. */
const OTHER_FLAGS = ['--help', '--netwrk'];

it('shows no flag and no variable that the program does not have', () => {
  const flags = SETTING_KEYS.map((key) => `--${flagOf(key)}`);
  const variables = [...SETTING_KEYS.map(envOf), CLIENT_TOKEN_VARIABLE];
  const commands =
    `${page}\n${unit}`
      .replaceAll('\\\n', ' ')
      .match(/evrmore-gateway (?:serve|health-check|watch|call)\b.*/g) ?? [];
  const shown = commands.flatMap((line) => line.match(/(?<=\s)--[a-z-]+/g) ?? []);

  expect(shown.length).toBeGreaterThan(5);
  for (const flag of shown) expect([...flags, ...OTHER_FLAGS]).toContain(flag);
  for (const name of page.match(/\bEVRMORE_GATEWAY_[A-Z_]+\b/g) ?? []) expect(variables).toContain(name);
});

it('links to files and headings that are there', () => {
  const targets = [...page.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target);
  const headings = [...page.matchAll(/^## (.+)$/gm)].map(
    ([, title = '']) =>
      `#${title
        .toLowerCase()
        .replace(/[^a-z ]/g, '')
        .replaceAll(' ', '-')}`,
  );

  expect(targets.length).toBeGreaterThan(7);
  for (const target of targets) {
    if (target.startsWith('#')) expect(headings).toContain(target);
    else expect([target, existsSync(new URL(`docs/${target}`, root))]).toEqual([target, true]);
  }
});

it('gives the service more time to stop than the gateway takes, and does not start it again after exit code 1', () => {
  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(5);
  expect(unit).toMatch(/^RestartPreventExitStatus=1$/m);
});
