import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type Page } from './playwright.mjs';

export type { Browser, Page };

/** Names that the browser takes for addresses of this machine, as no other program does. */
export const BROWSER_HOSTS = { app: 'app.example', evil: 'evil.example' } as const;

/** Nothing that a browser does of its own accord reaches beyond the machine. */
const ARGUMENTS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // The browser's own protection of programs on its machine is off: the gateway's is what is tested.
  '--disable-features=LocalNetworkAccessChecks,HttpsUpgrades,MediaRouter,OptimizationHints,Translate',
  `--host-resolver-rules=${Object.values(BROWSER_HOSTS)
    .map((host) => `MAP ${host} 127.0.0.1`)
    .join(', ')}`,
];

/** Starts Chromium, without a window and with a profile of its own. */
export function startBrowser(executablePath: string): Promise<Browser> {
  // Root, as which containers run tests, has no sandbox.
  return chromium.launch({ executablePath, headless: true, chromiumSandbox: false, args: ARGUMENTS });
}

/** A web server with one empty page, on every path. */
export interface PageServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts one on a free port. */
export async function startPageServer(html = '<!doctype html><title>A page</title>'): Promise<PageServer> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html', Connection: 'close' });
    response.end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** What a page's `fetch` came to: what the page may see of the answer, or the browser's words. */
export interface FetchOutcome {
  readonly type?: string;
  readonly status?: number;
  readonly text?: string;
  readonly error?: string;
}

/** How a page asks: the second argument of `fetch`. */
export type FetchInit = Readonly<Record<string, unknown>>;

const FETCH = `async ([url, init]) => {
  try {
    const response = await fetch(url, init);
    return { type: response.type, status: response.status, text: await response.text() };
  } catch (error) {
    return { error: String(error) };
  }
}`;

const OPEN = `([url, messages]) => {
  const socket = new WebSocket(url);
  globalThis.heard = { received: [] };
  socket.onopen = () => { for (const message of messages) socket.send(JSON.stringify(message)); };
  socket.onmessage = ({ data }) => heard.received.push(JSON.parse(data));
  socket.onclose = ({ code }) => { heard.code = code; };
}`;

/** Runs `fetch` in a page. */
export function fetchInPage(page: Page, url: string, init: FetchInit = {}): Promise<FetchOutcome> {
  return page.evaluate(`(${FETCH})(${JSON.stringify([url, init])})`);
}

/** What has become of a page's own WebSocket so far. */
export interface SocketState {
  readonly received: readonly { readonly type: string; readonly data: Readonly<Record<string, unknown>> }[];
  /** How it ended: 1006 where the browser was not let in; absent while it is open or opening. */
  readonly code?: number;
}

/** Opens a WebSocket in a page, and sends messages as soon as it is open. */
export function openInPage(page: Page, url: string, messages: readonly object[] = []): Promise<void> {
  return page.evaluate(`(${OPEN})(${JSON.stringify([url, messages])})`);
}

/** What the last one that was opened in a page has heard. */
export function heardInPage(page: Page): Promise<SocketState> {
  return page.evaluate('heard');
}
