import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { printRefusal, type Refusal } from './access/refusal.js';
import { factsOf, type RequestFacts } from './access/requestFacts.js';
import type { Health } from '../observe/healthTypes.js';
import type { MetricsText } from '../observe/metricTypes.js';
import { PAGE_HTML, PAGE_POLICY } from './page.js';
import { isReady, printHealth } from './printHealth.js';

/** What the routes show. */
export interface HttpRoutesDeps {
  readonly health: () => Health;
  readonly metrics: () => Promise<MetricsText>;
}

/** One answer, before it is written. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const JSON_TYPE = 'application/json; charset=utf-8';
const HTML_TYPE = 'text/html; charset=utf-8';
const NO_CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'";

type Route = (deps: HttpRoutesDeps) => HttpAnswer | Promise<HttpAnswer>;

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
  ['/health', ({ health }) => json(200, printHealth(health()))],
  ['/ready', ({ health }) => ready(health())],
  [
    '/metrics',
    async ({ metrics }) => {
      const { contentType, text } = await metrics();
      return { status: 200, contentType, body: text };
    },
  ],
]);

/**
 * What one request is answered: the page on `/`, the health record on `/health`, 200 or 503 on `/ready`, the metrics on
 * `/metrics`, 404 elsewhere, 405 for other methods than GET and HEAD.
 */
export async function routeHttp(method: string, url: string, deps: HttpRoutesDeps): Promise<HttpAnswer> {
  const path = url.split('?', 1)[0] ?? '';
  const route = ROUTES.get(path);
  if (route === undefined) {
    // WebSocket connections are taken here too; a plain request to the path shows that its sender does not know.
    const hint = path === '/ws' ? 'this path takes WebSocket connections' : 'no such path';
    return json(404, JSON.stringify({ error: hint, paths: [...ROUTES.keys(), '/ws'] }));
  }
  if (method !== 'GET' && method !== 'HEAD') {
    const body = JSON.stringify({ error: 'method not allowed', allowed: ['GET', 'HEAD'] });
    return { ...json(405, body), headers: { Allow: 'GET, HEAD' } };
  }
  return route(deps);
}

/** Plain HTTP: a body that a request may have is never read. `checkRequest` says why a request is refused, whatever it asks. */
export function createHttpRoutes(
  deps: HttpRoutesDeps & {
    readonly checkRequest: (facts: RequestFacts) => Refusal | undefined;
    readonly logger: Logger;
  },
): RequestListener {
  const answerTo = async (facts: RequestFacts): Promise<HttpAnswer> => {
    try {
      const refusal = deps.checkRequest(facts);
      if (refusal === undefined) return await routeHttp(facts.method, facts.url, deps);
      deps.logger.debug({ error: refusal.error }, 'http request refused');
      return { ...json(refusal.status, printRefusal(refusal)), headers: refusal.headers ?? {} };
    } catch (error) {
      deps.logger.error({ err: error }, 'http request failed');
      return json(500, JSON.stringify({ error: 'the gateway failed; its log says how' }));
    }
  };
  const write = (request: IncomingMessage, response: ServerResponse, answer: HttpAnswer): void => {
    const hasBody =
      request.headers['transfer-encoding'] !== undefined ||
      (request.headers['content-length'] ?? '0') !== '0';
    response.writeHead(answer.status, {
      'Content-Type': answer.contentType,
      'Content-Length': Buffer.byteLength(answer.body),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Content-Security-Policy': NO_CONTENT_POLICY,
      ...(hasBody ? { Connection: 'close' } : {}),
      ...answer.headers,
    });
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  };
  return (request, response) => {
    void answerTo(factsOf(request)).then((answer) => {
      write(request, response, answer);
    });
  };
}

function ready(health: Health): HttpAnswer {
  const isUp = isReady(health);
  return json(isUp ? 200 : 503, JSON.stringify({ ready: isUp, status: health.status }));
}

function json(status: number, body: string): HttpAnswer {
  return { status, contentType: JSON_TYPE, body: `${body}\n` };
}
