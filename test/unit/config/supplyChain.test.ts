import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
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

describe('the audit of the packages', () => {
  const script = fileURLToPath(new URL('../../../scripts/audit.mjs', import.meta.url));
  const judge = (report: string): { readonly status: number | null; readonly stdout: string } =>
    spawnSync(process.execPath, [script], { input: report, encoding: 'utf8' });
  const report = (vulnerabilities: object): string =>
    JSON.stringify({ auditReportVersion: 2, vulnerabilities: {}, metadata: { vulnerabilities } });

  it('fails for grave faults alone, and tells how many there are', () => {
    const none = { info: 0, low: 0, moderate: 0, high: 0, critical: 0, total: 0 };
    expect(judge(report(none))).toMatchObject({ status: 0 });
    const some = judge(report({ ...none, moderate: 3, total: 3 }));
    expect(some).toMatchObject({ status: 0 });
    expect(some.stdout).toContain('3 moderate');
    expect(judge(report({ ...none, high: 1, total: 1 }))).toMatchObject({ status: 1 });
    expect(judge(report({ ...none, critical: 2, total: 2 }))).toMatchObject({ status: 1 });
  });

  it.each([
    '',
    '{"message":"405 Method Not Allowed","statusCode":405}',
    '<html>',
    '{"metadata":{"vulnerabilities":null}}',
    '{"metadata":{"vulnerabilities":{}}}',
  ])('says that nothing is known where the registry answers none: %s', (answer) => {
    const judged = judge(answer);
    expect(judged).toMatchObject({ status: 0 });
    expect(judged.stdout).toContain('the registry answers no audit');
  });

  it('is asked for by the checks', () => {
    expect(read('.ci/run')).toMatch(/npm audit --omit=dev --json .*\| node scripts\/audit\.mjs$/m);
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

  it('have a limit of memory where the gateway runs, for what its own limits do not reach', () => {
    expect(/^x-gateway: &gateway\n((?: +.*\n)+)/m.exec(compose)?.[1]).toMatch(/^ {2}mem_limit: \d+g$/m);
    expect(read('systemd/evrmore-gateway.service')).toMatch(/^MemoryMax=\d+G$/m);
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
