import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
}
const LOCK = JSON.parse(read('package-lock.json')) as { readonly packages: Readonly<Record<string, Locked>> };
const PACKAGE = JSON.parse(read('package.json')) as Readonly<
  Record<string, Readonly<Record<string, string>>>
>;
const REGISTRY = 'https://registry.npmjs.org/';
const INSTALLED = Object.entries(LOCK.packages).filter(([path]) => path !== '');

describe('the packages that are installed', () => {
  it('run no script at installation but the one with native code, which brings its binaries along', () => {
    expect(
      INSTALLED.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path),
    ).toEqual(['node_modules/zeromq']);
  });

  it('come from the registry (where the lockfile names no other place), each with its digest', () => {
    const loose = INSTALLED.filter(
      ([, { resolved, integrity }]) =>
        !(resolved ?? REGISTRY).startsWith(REGISTRY) || integrity?.startsWith('sha512-') !== true,
    );
    expect(loose.map(([path]) => path)).toEqual([]);
  });

  it('have a line each in docs/dependencies.md', () => {
    const document = read('docs/dependencies.md');
    for (const kind of ['dependencies', 'devDependencies']) {
      for (const name of Object.keys(PACKAGE[kind] ?? {})) expect(document).toContain(`\`${name}\``);
    }
  });
});

describe('the containers', () => {
  const compose = read('docker-compose.yml');

  it('run without rights, on a file system that they cannot write', () => {
    const hardened = /^x-hardened: &hardened\n((?: +.*\n)+)/m.exec(compose)?.[1] ?? '';
    expect(hardened).toContain('read_only: true');
    expect(hardened).toMatch(/cap_drop:\n +- ALL\n/);
    expect(hardened).toContain('no-new-privileges:true');
    const services = compose.split(/^services:$/m)[1]?.split(/^volumes:$/m)[0] ?? '';
    const names = services.match(/^ {2}[a-z-]+:$/gm) ?? [];
    expect(services.match(/^ {4}<<: \*(?:hardened|gateway)$/gm)).toHaveLength(names.length);
    expect(compose).toMatch(/^x-gateway: &gateway\n {2}<<: \*hardened$/m);
    expect(compose).not.toMatch(/privileged: true|cap_add|network_mode: host|docker\.sock/);
    for (const path of ['Dockerfile', 'docker/evrmored/Dockerfile']) {
      expect(
        read(path)
          .match(/^USER (.+)$/gm)
          ?.at(-1),
      ).toMatch(/^USER (?!root|0)/);
    }
  });

  it('install without scripts, what the lockfile says', () => {
    const installs = read('Dockerfile').match(/npm (?:ci|install).*/g) ?? [];
    expect(installs.length).toBeGreaterThan(0);
    for (const line of installs) expect(line).toMatch(/^npm ci .*--ignore-scripts/);
  });
});

describe('the systemd unit', () => {
  it('gives the service no rights that it does not use', () => {
    const unit = read('systemd/evrmore-gateway.service');
    for (const line of [
      'NoNewPrivileges=yes',
      'CapabilityBoundingSet=',
      'ProtectSystem=strict',
      'ProtectHome=yes',
      'PrivateTmp=yes',
      'PrivateDevices=yes',
      'SystemCallFilter=@system-service',
      'RestrictSUIDSGID=yes',
    ]) {
      expect(unit.split('\n')).toContain(line);
    }
    expect(unit).not.toMatch(/^User=root$/m);
  });
});
