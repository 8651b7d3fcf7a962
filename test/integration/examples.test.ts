import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startBrowser, startPageServer } from '../support/browser.js';
import {
  SOON,
  startGatewayHarness,
  type GatewayHarness,
  type TestGateway,
} from '../support/gatewayHarness.js';
import { describeWith } from '../support/programs.js';
import { runCommand } from '../support/runCommand.js';

const FOLDER = fileURLToPath(new URL('../../examples/', import.meta.url));
/** Where the pages of examples are served, as the browser names it. */
const PAGE_ORIGIN = 'http://127.0.0.1';

/** What happens while the examples run. */
interface Story {
  readonly genesis: string;
  readonly paid: string;
  readonly peer: number;
  readonly block: { readonly height: number; readonly hash: string };
}

/** An example of a dialect: what it says once it is ready, and what it says of the story. The same in every language. */
interface Example {
  readonly ready: readonly string[];
  readonly story: (story: Story) => readonly string[];
}

const LIVE = ({ paid, block }: Story): readonly string[] => [
  `transaction mempool ${paid}`,
  `transaction confirmed ${paid}`,
  `block ${block.height} ${block.hash}`,
];
const asked = (genesis: string): readonly string[] => [
  'height 20',
  `genesis ${genesis}`,
  'refused -8 Block height out of range',
];

const EXAMPLES: Readonly<Record<string, Example>> = {
  native: {
    ready: ['chain regtest', 'height 20', 'subscribed blocks success', 'subscribed transactions success'],
    story: LIVE,
  },
  'json-rpc': {
    ready: ['subscribed blocks'],
    story: ({ genesis, block }) => [...asked(genesis), `block ${block.height} ${block.hash}`],
  },
  'json-rpc-http': {
    ready: ['height 20'],
    story: ({ genesis, block }) => [...asked(genesis), `tip ${block.hash}`],
  },
  dilithion: {
    ready: ['blocks', 'transactions', 'peers', 'mining'].map((topic) => `subscribed ${topic} success`),
    story: (story) => [...LIVE(story), `peer ${story.peer} connected`, `mining ${story.block.height} `],
  },
  zion: {
    ready: ['welcome evrmore-gateway', 'pong', 'status ok', 'subscribed blockchain mempool'],
    story: LIVE,
  },
  streams: {
    ready: [
      'streams network_metrics markets_health receipts peers',
      'subscribed network_metrics',
      'subscribed receipts',
    ],
    story: ({ block }) => [`network ${block.height} `, 'receipt '],
  },
};
const DIALECTS = Object.keys(EXAMPLES);

let harness: GatewayHarness;
let gateway: TestGateway;

beforeEach(async () => {
  harness = await startGatewayHarness();
});
afterEach(() => harness.close());

async function serve(allowOrigin?: string): Promise<void> {
  gateway = await harness.start({
    networkMetricsIntervalMs: '500',
    receiptsIntervalMs: '500',
    statusIntervalMs: '500',
    ...(allowOrigin === undefined ? {} : { allowOrigin }),
  });
  await gateway.untilAgreed();
}

function addressFor(dialect: string): string {
  return dialect.endsWith('-http') ? gateway.url.replace(/^ws/, 'http') : gateway.url;
}

/** Whether each line that is looked for begins one that was said; those that do not. */
function missing(wanted: readonly string[], said: string): readonly string[] {
  const lines = said.split('\n');
  return wanted.filter((line) => !lines.some((one) => one.startsWith(line)));
}

/** Runs all examples of a language at once, and holds what they say against what happens. */
async function follow(said: (dialect: string) => string | Promise<string>): Promise<void> {
  const all = async (wanted: (example: Example) => readonly string[]): Promise<void> => {
    for (const [dialect, example] of Object.entries(EXAMPLES)) {
      await expect
        .poll(async () => missing(wanted(example), await said(dialect)), { ...SOON, message: dialect })
        .toEqual([]);
    }
  };
  await all(({ ready }) => ready);
  const { control } = harness.node;
  const peer = control.addPeer();
  await control.asset('transfer');
  const [paid = ''] = await control.pay();
  // Those that follow the mempool have it from there before it is in a block.
  await expect
    .poll(async () => missing([`transaction mempool ${paid}`], await said('native')), SOON)
    .toEqual([]);
  await control.mine();
  const { height, hashHex: hash } = control.tip();
  const story = { genesis: control.blockHash(0) ?? '', paid, peer, block: { height, hash } };
  await all(({ story: of }) => of(story));
}

function runAll(path: string, files: Readonly<Record<string, string>>): (dialect: string) => string {
  const programs = new Map(
    DIALECTS.map((dialect) => [
      dialect,
      runCommand(path, [join(FOLDER, files[dialect] ?? ''), addressFor(dialect)]),
    ]),
  );
  return (dialect) => `${programs.get(dialect)?.stdout() ?? ''}${programs.get(dialect)?.stderr() ?? ''}`;
}

/** The file of each dialect. */
function files(name: (dialect: string) => string): Readonly<Record<string, string>> {
  return Object.fromEntries(DIALECTS.map((dialect) => [dialect, name(dialect)]));
}

const NODE = files((dialect) => `node/${dialect}.mjs`);
const PYTHON = files((dialect) => `python/${dialect.replaceAll('-', '_')}.py`);
const BROWSER = files((dialect) => `browser/${dialect}.html`);

describe('the examples', () => {
  it('are all run here, and README names each of them', () => {
    const there = ['node', 'python', 'browser'].flatMap((folder) =>
      readdirSync(join(FOLDER, folder)).map((name) => `${folder}/${name}`),
    );
    const known = [NODE, PYTHON, BROWSER].flatMap((of) => Object.values(of));
    expect(there.sort()).toEqual(known.sort());
    const readme = readFileSync(join(FOLDER, '../README.md'), 'utf8');
    expect(known.filter((path) => !readme.includes(`(examples/${path})`))).toEqual([]);
  });

  it('for Node say what happens', async () => {
    await serve();
    await follow(runAll(process.execPath, NODE));
  });
});

describeWith('python', 'the examples for Python', (interpreter) => {
  it('say what happens', async () => {
    await serve();
    await follow(runAll(interpreter, PYTHON));
  });
});

describeWith('chromium', 'the examples for the browser', (path) => {
  it('say what happens', async () => {
    const servers = await Promise.all(
      DIALECTS.map((dialect) => startPageServer(readFileSync(join(FOLDER, BROWSER[dialect] ?? ''), 'utf8'))),
    );
    await serve(servers.map(({ port }) => `${PAGE_ORIGIN}:${port}`).join(','));
    const browser = await startBrowser(path);
    try {
      const pages = new Map(
        await Promise.all(
          DIALECTS.map(async (dialect, index) => {
            const page = await browser.newPage();
            const query = new URLSearchParams({ gateway: addressFor(dialect) });
            await page.goto(`${PAGE_ORIGIN}:${servers[index]?.port ?? 0}/?${query.toString()}`);
            return [dialect, page] as const;
          }),
        ),
      );
      await follow(
        async (dialect) => (await pages.get(dialect)?.evaluate<string>('document.body.innerText')) ?? '',
      );
    } finally {
      await browser.close();
      await Promise.all(servers.map((server) => server.close()));
    }
  });
});
