import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { flagOf, SETTINGS, type SettingKey } from '../../../src/config/settings.js';
import { CLOSE_CODES, ERROR_CODES } from '../../../src/protocol/codes.js';
import { EVENT_TOPICS, TRANSACTION_STATUSES } from '../../../src/protocol/events.js';
import { countKeys, FILTER_KEYS } from '../../../src/protocol/filterTypes.js';
import { MAX_FILTER_RULES, parseFilter } from '../../../src/protocol/parseFilter.js';
import { MAX_POINTS, parseFrom } from '../../../src/protocol/parseFrom.js';
import { parseRequest } from '../../support/parseRequest.js';
import { parseTopic, TOPIC_NAMES } from '../../../src/protocol/topics.js';
import { ALLOWED_COMMANDS, COMMANDS } from '../../../src/server/commands/commandTable.js';
import {
  ANSWER_BYTES_PER_UNIT,
  AUTHENTICATE_COST,
  COMMAND_COSTS,
  HISTORY_COST,
  MESSAGE_CHARS_PER_UNIT,
  OTHER_COMMAND_COST,
} from '../../../src/server/limits/requestCost.js';
import { CLIENT_EXAMPLES, DEFAULT_LIMITS, FROM_EXAMPLES, serverExamples } from './documentExamples.js';
import { tableRows } from '../../support/tableRows.js';

const DOCUMENT = readFileSync(new URL('../../../PROTOCOL.md', import.meta.url), 'utf8');
const EXAMPLE_PATTERN = /<!-- example: ([^\n]+?) -->\n\n```json\n([^]*?)\n```/g;
const examples = [...DOCUMENT.matchAll(EXAMPLE_PATTERN)].map(([, name = '', text = '']) => ({ name, text }));
const serverTexts = await serverExamples();

/** The text of a section, from its heading to the next of the same or a higher level. */
function section(heading: string): string {
  const start = DOCUMENT.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`no section ${heading}`);
  const level = heading.indexOf(' ');
  const rest = DOCUMENT.slice(start + heading.length + 2);
  const end = new RegExp(`\n#{1,${level}} `).exec(rest)?.index;
  return rest.slice(0, end);
}

function words(text: string | undefined): readonly string[] {
  return [...(text ?? '').matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
}

/** Names and codes, lowest code first. */
function byCode(codes: Readonly<Record<string, number>>): readonly (readonly [string, number])[] {
  return Object.entries(codes).sort(([, one], [, other]) => one - other);
}

/** JSON text without the spaces between its tokens; strings and numbers keep their characters. */
function minify(json: string): string {
  return json.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_all, text: string | undefined) => text ?? '');
}

describe('examples', () => {
  test('every JSON block has a name, and every name occurs once', () => {
    expect(examples).toHaveLength(DOCUMENT.split('```json').length - 1);
    expect(new Set(examples.map(({ name }) => name)).size).toBe(examples.length);
  });

  test('every message of the gateway has the type and the data that published clients look for', () => {
    for (const [name, text] of Object.entries(serverTexts)) {
      if (name === 'server refused handshake') continue;
      expect(JSON.parse(text)).toEqual(
        expect.objectContaining({ type: expect.any(String) as string, data: expect.anything() as unknown }),
      );
    }
  });

  test('those of the document are those that are checked here', () => {
    const checked = [...Object.keys(CLIENT_EXAMPLES), ...Object.keys(serverTexts)];
    expect(examples.map(({ name }) => name).sort()).toEqual(checked.sort());
  });

  test.each(examples.filter(({ name }) => name.startsWith('client ')))(
    '$name is read as it says',
    ({ name, text }) => {
      expect(parseRequest(text, { maxDepth: DEFAULT_LIMITS.max_depth })).toMatchObject(
        CLIENT_EXAMPLES[name] ?? {},
      );
      expect(parseRequest(minify(text), { maxDepth: DEFAULT_LIMITS.max_depth })).toMatchObject(
        CLIENT_EXAMPLES[name] ?? {},
      );
    },
  );

  test('every place to start from is read as it says', () => {
    const read = examples.flatMap(({ name, text }) => {
      const request = parseRequest(text, { maxDepth: DEFAULT_LIMITS.max_depth });
      return request.type === 'subscribe' && request.fromJson !== undefined
        ? [[name, parseFrom(request.fromJson)] as const]
        : [];
    });
    expect(Object.fromEntries(read)).toMatchObject(FROM_EXAMPLES);
    expect(read).toHaveLength(Object.keys(FROM_EXAMPLES).length);
  });

  test('filters are read as they say, with as many keys', () => {
    const keys = examples.flatMap(({ name, text }) => {
      const request = parseRequest(text, { maxDepth: DEFAULT_LIMITS.max_depth });
      if (!name.startsWith('client ') || request.type !== 'subscribe' || request.filterJson === undefined)
        return [];
      const parsed = parseFilter(request.filterJson, 'transactions');
      return [[name, parsed.type === 'filter' ? countKeys(parsed.rules[0]?.keys) : parsed.message]];
    });
    expect(Object.fromEntries(keys)).toEqual({
      'client subscribe with a filter': 7,
      'client filter with a mistake': expect.stringContaining('"filter".assets[1]') as string,
    });
    const chapter = section('### 3.6 Filters');
    expect(chapter).toContain(`a list of up to ${MAX_FILTER_RULES} such objects`);
    expect(section('## 8. Limits')).toContain(`${MAX_FILTER_RULES} filters in a list`);
    expect(tableRows(chapter).flatMap(([member]) => words(member))).toEqual([
      ...FILTER_KEYS,
      'min_amount',
      'status',
    ]);
  });

  test.each(examples.filter(({ name }) => name.startsWith('server ')))(
    '$name is what the gateway prints',
    ({ name, text }) => {
      expect(minify(text)).toBe(serverTexts[name]);
    },
  );

  test('no message holds the memory that the node leaks in expire_time', () => {
    for (const { text } of examples) expect(text).not.toContain('expire_time');
  });

  test('every event type has one', () => {
    const shown = examples.map(({ text }) => (JSON.parse(text) as { readonly type?: string }).type);
    for (const type of Object.keys(EVENT_TOPICS)) expect(shown).toContain(type);
  });
});

describe('tables', () => {
  test('error codes are those of the gateway', () => {
    const table = tableRows(section('## 9. Error codes')).map(([code, name]) => [
      words(name)[0],
      Number(code),
    ]);
    expect(table).toEqual(byCode(ERROR_CODES));
  });

  test('close codes are those of the gateway', () => {
    const table = tableRows(section('## 10. Close codes')).map(([code, name]) => [
      words(name)[0],
      Number(code),
    ]);
    expect(table).toEqual(byCode(CLOSE_CODES));
  });

  test('limits are those of the welcome, with their defaults and flags', () => {
    const table = tableRows(section('## 8. Limits').split('\n### ')[0] ?? '');
    expect(table.map(([name, value]) => [words(name)[0], Number(value)])).toEqual(
      Object.entries(DEFAULT_LIMITS),
    );
    for (const [name, value, flag] of table) {
      const key = (Object.keys(SETTINGS) as SettingKey[]).find(
        (setting) => `--${flagOf(setting)}` === words(flag)[0],
      );
      if (flag === '') continue;
      expect(key, `flag of ${name ?? ''}`).toBeDefined();
      if (key !== undefined) expect(SETTINGS[key]).toMatchObject({ default: Number(value) });
    }
    expect(section('## 8. Limits')).toContain(`at most ${SETTINGS.maxClients.default} clients`);
    expect(section('### 5.8 `final`')).toContain(`${SETTINGS.finalDepth.default} (\`--final-depth\`)`);
    expect(section('### 5.6 `mempool`')).toContain(`once in ${SETTINGS.mempoolIntervalMs.default} ms`);
  });

  test('what a message costs is what the gateway counts', () => {
    const table = tableRows(section('### 8.1 Rates'));
    for (const [cost, names] of COMMAND_COSTS) {
      const row = table.find(([units]) => Number(units) === cost);
      expect(words(row?.[1]), String(cost)).toEqual(expect.arrayContaining(names.split(' ')));
    }
    const listed = table.flatMap(([, what]) => words(what)).filter((word) => COMMANDS.has(word));
    expect(listed.toSorted()).toEqual(
      [...COMMAND_COSTS.values()].flatMap((names) => names.split(' ')).toSorted(),
    );
    const costOf = (word: string): number =>
      Number(table.find(([, what]) => words(what).includes(word))?.[0]);
    expect([costOf('authenticate'), costOf('subscribe')]).toEqual([AUTHENTICATE_COST, HISTORY_COST]);
    expect(table.at(-1)).toEqual([
      String(OTHER_COMMAND_COST),
      expect.stringContaining('every other command'),
    ]);
    expect(section('### 8.1 Rates')).toContain(`each ${MESSAGE_CHARS_PER_UNIT} characters of a message`);
    expect(section('### 8.1 Rates')).toContain(`each ${ANSWER_BYTES_PER_UNIT} bytes of the answer`);
  });

  test('limits of subscriptions from the past are those of the gateway', () => {
    const most = `${SETTINGS.maxReplays.default} of all (\`--${flagOf('maxReplays')}\`)`;
    expect(section('### 3.2 Subscribe from the past')).toContain(most);
    expect(section('### 3.2 Subscribe from the past')).toContain(`a list of 1 to ${MAX_POINTS} of these`);
    expect(section('## 8. Limits')).toContain(most);
    expect(section('## 8. Limits')).toContain(`${MAX_POINTS} points in \`from\``);
  });

  test('the life cycle has a row for every status, and names no other', () => {
    const table = tableRows(section('### 6.2 Life cycle of a transaction'));
    expect(table.flatMap(([status]) => words(status))).toEqual([...TRANSACTION_STATUSES]);
    const others = table.flatMap(([, , after, before]) => [...words(after), ...words(before)]);
    for (const status of others) expect(TRANSACTION_STATUSES).toContain(status);
    // Whatever may follow a status may come after it.
    for (const [status, , , followers] of table) {
      for (const follower of words(followers)) {
        const row = table.find(([name]) => words(name)[0] === follower);
        const isAny = row?.[2]?.includes('or any') === true;
        expect(isAny || words(row?.[2]).includes(words(status)[0] ?? ''), `${follower} after ${status}`).toBe(
          true,
        );
      }
    }
  });

  test('links to sections lead somewhere', () => {
    const anchors = [...DOCUMENT.matchAll(/^#{2,3} (.+)$/gm)].map(
      ([, heading = '']) =>
        `#${heading
          .toLowerCase()
          .replace(/[^\w\- ]/g, '')
          .replaceAll(' ', '-')}`,
    );
    for (const [, target = ''] of DOCUMENT.matchAll(/\]\((#[^)]+)\)/g)) expect(anchors).toContain(target);
  });

  test('topics name the events that they carry', () => {
    const table = tableRows(section('### 3.1 Subscribe'));
    const named = table.flatMap(([topic, alias]) => [...words(topic), ...words(alias)]);
    expect(named.toSorted()).toEqual(TOPIC_NAMES.toSorted());
    for (const [topic, alias, events] of table) {
      const name = words(topic)[0] ?? '';
      const [other = name] = words(alias);
      expect(parseTopic(other)).toEqual(parseTopic(name));
      if (name === 'all') continue;
      const carried = Object.entries(EVENT_TOPICS).filter(([, carrier]) => carrier === name);
      expect(words(events)).toEqual(carried.map(([type]) => type));
    }
  });

  test('statuses of a transaction are all there', () => {
    const named = tableRows(section('### 5.4 `transaction`')).flatMap(([status]) => words(status));
    expect(named.filter((word) => !/_count$|^(status|position|by)$/.test(word))).toEqual([
      ...TRANSACTION_STATUSES,
    ]);
  });

  test('the commands that may be called are all there, and no other', () => {
    const lists = section('### 3.4 Command')
      .split('\n')
      .filter((line) => line.startsWith('- '));
    expect(lists.flatMap(words).toSorted()).toEqual(ALLOWED_COMMANDS);
  });
});
