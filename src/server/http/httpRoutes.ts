import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { crossOriginHeaders, isPreflight, PREFLIGHT_HEADERS } from '../access/crossOrigin.js';
import type { OriginRules } from '../access/decideOrigin.js';
import type { Gate, Visitor } from '../access/gate.js';
import { isOperator } from '../access/isOperator.js';
import { printRefusal, type Refusal } from '../access/refusal.js';
import { decideContentType } from '../access/decideContentType.js';
import { factsOf, type RequestFacts } from '../access/requestFacts.js';
import type { Health } from '../../observe/healthTypes.js';
import type { MetricsText } from '../../observe/metricTypes.js';
import type { HttpRpc } from './httpRpc.js';
import { limitKey, rateWords, retryAfter, type Rates } from '../limits/rates.js';
import type { TooFast } from '../limits/rateTable.js';
import type { Refusals } from '../limits/refusals.js';
import { PAGE_HTML, PAGE_POLICY } from './page.js';
import { isReady, printHealth, printShortHealth } from './printHealth.js';
import { readBody } from './readBody.js';

/** What the routes show. */
export interface HttpRoutesDeps {
  readonly health: () => Health;
  readonly metrics: () => Promise<MetricsText>;
}

/** One answer, before it is written. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

const JSON_TYPE = 'application/json; charset=utf-8';
const NEW_LINE = Buffer.from('\n');
const HTML_TYPE = 'text/html; charset=utf-8';
const NO_CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'";

type Route = (deps: HttpRoutesDeps, visitor: Visitor) => HttpAnswer | Promise<HttpAnswer>;

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  [
    '/',
    () => ({
      status: 200,
      contentType: HTML_TYPE,
      body: PAGE_HTML,
      headers: { 'Content-Security-Policy': PAGE_POLICY },
    }),
  ],
  [
    '/health',
    ({ health }, visitor) =>
      json(200, maySeeAll(visitor) ? printHealth(health()) : printShortHealth(health())),
  ],
  ['/ready', ({ health }) => ready(health())],
  [
    '/metrics',
    async ({ metrics }, visitor) => {
      if (!maySeeAll(visitor)) return refused(FOR_OPERATORS);
      const { contentType, text } = await metrics();
      return { status: 200, contentType, body: text };
    },
  ],
]);

/**
 * What one request is answered: the page on `/`, the health record on `/health`, 200 or 503 on `/ready`, the metrics on
 * `/metrics`, 404 elsewhere, 405 for other methods than GET and HEAD. Only programs of the same machine and admins see the metrics and
 * the whole health record.
 */
export async function routeHttp(
  method: string,
  url: string,
  deps: HttpRoutesDeps,
  visitor: Visitor,
): Promise<HttpAnswer> {
  const path = url.split('?', 1)[0] ?? '';
  const route = ROUTES.get(path);
  if (route === undefined) {
    // WebSocket connections are taken here too; a plain request to the path shows that its sender does not know.
    const hint = path === '/ws' ? 'this path takes WebSocket connections' : 'no such path';
    return json(404, JSON.stringify({ error: hint, paths: [...ROUTES.keys(), '/ws'] }));
  }
  if (method !== 'GET' && method !== 'HEAD') {
    const allowed = path === '/' ? ['GET', 'HEAD', 'POST'] : ['GET', 'HEAD'];
    const body = JSON.stringify({ error: 'method not allowed', allowed });
    return { ...json(405, body), headers: { Allow: allowed.join(', ') } };
  }
  return route(deps, visitor);
}

/** Plain HTTP: and JSON-RPC as POST to `/`; the body of any other request is never read. */
export function createHttpRoutes(
  deps: HttpRoutesDeps & {
    /** Whether a request is let in, and as whom. Never rejects. */
    readonly admit: Gate['admit'];
    readonly rpc: HttpRpc;
    /** Pages of other origins that may read answers. */
    readonly origins: OriginRules;
    readonly rates: Rates;
    readonly refusals: Refusals;
    /** Longest body, in bytes. */
    readonly maxBodyBytes: number;
    readonly logger: Logger;
  },
): RequestListener {
  const refuse = (refusal: Refusal): HttpAnswer => {
    deps.logger.debug({ error: refusal.error }, 'http request refused');
    deps.refusals.note(refusal.error);
    return refused(refusal);
  };
  const answerTo = async (request: IncomingMessage, facts: RequestFacts): Promise<HttpAnswer> => {
    try {
      const admission = await deps.admit(facts);
      if (admission.type === 'refused') return refuse(admission.refusal);
      const { visitor } = admission;
      if (isPreflight(facts))
        return { status: 204, contentType: JSON_TYPE, body: '', headers: PREFLIGHT_HEADERS };
      if (facts.method !== 'POST' || facts.url !== '/') {
        const { client, principal } = visitor;
        const verdict = await deps.rates.take(principal.role, limitKey(client), 1, 1);
        return verdict?.type === 'too_fast'
          ? refuse(tooFast(verdict))
          : await routeHttp(facts.method, facts.url, deps, visitor);
      }
      const refusal = decideContentType(request.headers);
      return refusal === undefined ? await answerRpc(request, visitor) : refuse(refusal);
    } catch (error) {
      deps.logger.error({ err: error }, 'http request failed');
      return json(500, JSON.stringify({ error: 'the gateway failed; its log says how' }));
    }
  };
  const answerRpc = async (request: IncomingMessage, visitor: Visitor): Promise<HttpAnswer> => {
    const body = await readBody(request, deps.maxBodyBytes);
    if (body.type === 'gone') return GONE;
    if (body.type === 'refused') return json(body.status, JSON.stringify({ error: body.message }));
    const { client, principal, calledUrl } = visitor;
    const {
      status,
      body: text,
      headers = {},
    } = await deps.rpc.answer(body.text, {
      socket: request.socket,
      role: principal.role,
      limitKey: limitKey(client),
      calledUrl,
    });
    const answerBody = text === undefined ? '' : Buffer.concat([Buffer.from(text), NEW_LINE]);
    return { status, contentType: JSON_TYPE, body: answerBody, headers };
  };
  const write = (request: IncomingMessage, response: ServerResponse, answer: HttpAnswer): void => {
    const hasUnreadBody =
      !request.complete &&
      (request.headers['transfer-encoding'] !== undefined ||
        (request.headers['content-length'] ?? '0') !== '0');
    response.writeHead(answer.status, {
      'Content-Type': answer.contentType,
      'Content-Length': Buffer.byteLength(answer.body),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Content-Security-Policy': NO_CONTENT_POLICY,
      ...(hasUnreadBody ? { Connection: 'close' } : {}),
      ...answer.headers,
    });
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  };
  return (request, response) => {
    const facts = factsOf(request);
    void answerTo(request, facts).then((answer) => {
      if (answer === GONE) {
        // Nobody is there to read it; a request that took too long was answered with 408.
        deps.logger.debug('http request broken off');
        return;
      }
      const headers = { ...crossOriginHeaders(facts, deps.origins), ...answer.headers };
      write(request, response, { ...answer, headers });
    });
  };
}

function tooFast(verdict: TooFast): Refusal {
  const headers = retryAfter(verdict.retryAfterMs);
  return { status: 429, error: 'rate_limited', message: rateWords(verdict), headers };
}

function ready(health: Health): HttpAnswer {
  const isUp = isReady(health);
  return json(isUp ? 200 : 503, JSON.stringify({ ready: isUp, status: health.status }));
}

/** In the place of an answer that nobody waits for. */
const GONE: HttpAnswer = { status: 408, contentType: JSON_TYPE, body: '' };

const FOR_OPERATORS: Refusal = {
  status: 403,
  error: 'forbidden_path',
  message:
    'this path is for programs of the same machine, and for admins: send "Authorization: Bearer" with the token of one',
};

function maySeeAll({ client, principal }: Visitor): boolean {
  return isOperator(client, principal.role);
}

function refused(refusal: Refusal): HttpAnswer {
  return { ...json(refusal.status, printRefusal(refusal)), headers: refusal.headers ?? {} };
}

function json(status: number, body: string): HttpAnswer {
  return { status, contentType: JSON_TYPE, body: `${body}\n` };
}
