import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { Health } from '../../../../src/observe/healthTypes.js';
import type { Visitor } from '../../../../src/server/access/gate.js';
import { anonymous } from '../../../../src/server/access/principal.js';
import { routeHttp } from '../../../../src/server/http/httpRoutes.js';
import { PAGE_HTML, PAGE_POLICY } from '../../../../src/server/http/page.js';
import { isReady, printHealth, READY_MAX_LAG_BLOCKS } from '../../../../src/server/http/printHealth.js';
import { ANONYMOUS_ROLE, createTestLog, healthyRecord, TEST_ROLES } from '../../../support/serverHarness.js';

const record = (changes: Partial<Health> = {}): Health => ({ ...healthyRecord(createTestLog()), ...changes });

const METRICS = { contentType: 'text/plain; version=0.0.4', text: '# HELP a A.\na 1\n' };

const LOCAL: Visitor = {
  client: { address: '127.0.0.1', isLocal: true },
  principal: anonymous(ANONYMOUS_ROLE),
  calledUrl: undefined,
};

const route = (method: string, url: string, changes: Partial<Health> = {}, visitor: Visitor = LOCAL) =>
  routeHttp(method, url, { health: () => record(changes), metrics: () => Promise.resolve(METRICS) }, visitor);

describe('what is for operators', () => {
  const remote: Visitor = { ...LOCAL, client: { address: '192.0.2.1', isLocal: false } };
  const withRole = (name: string): Visitor => ({
    ...remote,
    principal: anonymous(TEST_ROLES.get(name) ?? ANONYMOUS_ROLE),
  });

  it.each(['anonymous', 'user'])('is not shown to %s of another machine', async (role) => {
    const metrics = await route('GET', '/metrics', {}, withRole(role));
    expect(metrics.status).toBe(403);
    expect(JSON.parse(metrics.body.toString())).toMatchObject({ code: 1062, name: 'forbidden_path' });
    expect(metrics.body).not.toContain('a 1');
    const health = await route('GET', '/health', {}, withRole(role));
    expect(Object.keys(JSON.parse(health.body.toString()) as object)).toEqual([
      'status',
      'connected',
      'version',
      'chain',
      'tip',
    ]);
    expect((await route('GET', '/ready', {}, withRole(role))).status).toBe(200);
  });

  it('is shown to admins from anywhere', async () => {
    expect((await route('GET', '/metrics', {}, withRole('admin'))).body.toString()).toBe(METRICS.text);
    expect((await route('GET', '/health', {}, withRole('admin'))).body.toString()).toBe(
      (await route('GET', '/health')).body,
    );
  });
});

describe('the HTTP routes', () => {
  it('print the health record with snake_case keys', async () => {
    const body = JSON.parse((await route('GET', '/health?x=1')).body.toString()) as Record<string, unknown>;
    expect(body).toMatchObject({
      status: 'ok',
      fresh: true,
      reason: null,
      node_tip: { height: 7, hash: '07'.repeat(32) },
      lag_blocks: 0,
      log: { head_seq: 0, oldest_seq: 1 },
      uptime_seconds: 1,
    });
    expect(printHealth(record())).not.toMatch(/[a-z][A-Z]\w*":/);
  });

  it('answer /health with 200 whatever the state, for it is a report', async () => {
    expect((await route('GET', '/health', { status: 'node_unavailable', connected: false })).status).toBe(
      200,
    );
  });

  it('are ready when the tips agree, or nearly', async () => {
    expect((await route('GET', '/ready')).status).toBe(200);
    for (const status of ['starting', 'node_unavailable'] as const) {
      expect((await route('GET', '/ready', { status })).status).toBe(503);
    }
    expect(isReady(record({ status: 'catching_up', lagBlocks: READY_MAX_LAG_BLOCKS }))).toBe(true);
    expect(isReady(record({ status: 'catching_up', lagBlocks: READY_MAX_LAG_BLOCKS + 1 }))).toBe(false);
  });

  it('answer an unknown path with 404, and another method with 405', async () => {
    expect(await route('GET', '/nosuch')).toMatchObject({
      status: 404,
      contentType: 'application/json; charset=utf-8',
    });
    expect((await route('GET', '/constructor')).status).toBe(404);
    expect((await route('GET', '/ws')).body.toString()).toContain('WebSocket');
    expect(await route('POST', '/health')).toMatchObject({ status: 405, headers: { Allow: 'GET, HEAD' } });
    expect((await route('DELETE', '/')).status).toBe(405);
  });

  it('print the metrics as they are, with their own content type', async () => {
    expect(await route('GET', '/metrics')).toEqual({
      status: 200,
      contentType: METRICS.contentType,
      body: METRICS.text,
    });
  });
});

describe('the page', () => {
  it.each(['style', 'script'])('allows exactly its own %s', (tag) => {
    const text = new RegExp(`<${tag}>([^]*)</${tag}>`).exec(PAGE_HTML)?.[1] ?? '';
    const hash = createHash('sha256').update(text).digest('base64');
    expect(PAGE_POLICY).toContain(`${tag}-src 'sha256-${hash}'`);
  });

  it('has a script that parses, and asks only for elements that are there', () => {
    const script = /<script>([^]*)<\/script>/.exec(PAGE_HTML)?.[1] ?? '';
    expect(() => new Script(script)).not.toThrow();
    for (const [, id] of script.matchAll(/byId\('(\w+)'\)/g)) expect(PAGE_HTML).toContain(`id="${id ?? ''}"`);
  });

  it('loads nothing from elsewhere and runs nothing but its own script', () => {
    expect(PAGE_HTML).not.toMatch(/https?:\/\//);
    expect(PAGE_HTML).not.toContain('innerHTML');
    expect(PAGE_POLICY).toContain("default-src 'none'");
    expect(PAGE_POLICY).toMatch(/script-src 'sha256-[A-Za-z0-9+/=]{44}'/);
    expect(PAGE_POLICY).toContain("frame-ancestors 'none'");
  });
});
