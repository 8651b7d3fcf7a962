import { hidePasswords, parseUrl } from './addressRules.js';
import type { Setting } from './settingTypes.js';

/** A value that fits its setting, or what is needed instead. */
export type Parsed =
  { readonly ok: string | number | boolean | readonly string[] } | { readonly needed: string };

/**
 * Reads the value of a setting from text, as flags and environment variables hold it. Nothing is trimmed or guessed: `1e3`,
 * ` 5` and the empty text are no numbers.
 */
export function parseText(setting: Setting, raw: string): Parsed {
  const needed = { needed: describeAllowed(setting) };
  switch (setting.type) {
    case 'integer':
      return /^-?(0|[1-9]\d*)$/.test(raw) ? checkInteger(setting, Number(raw)) : needed;
    case 'boolean':
      return raw === 'true' ? { ok: true } : raw === 'false' ? { ok: false } : needed;
    case 'choice':
      return setting.choices.includes(raw) ? { ok: raw } : needed;
    case 'string':
      return isGoodText(setting, raw) ? { ok: setting.normalise?.(raw) ?? raw } : needed;
    case 'list': {
      const items = raw.split(',');
      return items.every((item) => isGoodText(setting, item)) ? { ok: Object.freeze(items) } : needed;
    }
  }
}

/** Reads the value of a setting from JSON, as the file holds it: numbers are numbers, lists are arrays (or one text). */
export function parseJsonValue(setting: Setting, raw: unknown): Parsed {
  const needed = { needed: describeAllowed(setting) };
  switch (setting.type) {
    case 'integer':
      return typeof raw === 'number' ? checkInteger(setting, raw) : needed;
    case 'boolean':
      return typeof raw === 'boolean' ? { ok: raw } : needed;
    case 'list': {
      const items: unknown[] = Array.isArray(raw) ? raw : [raw];
      const good = items
        .filter((item) => typeof item === 'string')
        .filter((item) => isGoodText(setting, item));
      return good.length === items.length ? { ok: Object.freeze(good) } : needed;
    }
    case 'choice':
    case 'string':
      return typeof raw === 'string' ? parseText(setting, raw) : needed;
  }
}

/** What a setting takes, in words: for messages and documentation. */
export function describeAllowed(setting: Setting): string {
  switch (setting.type) {
    case 'integer': {
      const unit = setting.unit === undefined ? '' : ` (${setting.unit})`;
      return `a whole number from ${setting.min} to ${setting.max}${unit}`;
    }
    case 'boolean':
      return 'true or false';
    case 'choice':
      return `one of ${setting.choices.join(', ')}`;
    case 'string':
    case 'list':
      return setting.allowed;
  }
}

/** Longest value shown in a message, in characters. */
const MAX_SHOWN = 120;

/** A value for a message: quoted where that helps, shortened, and without what must stay secret. */
export function showValue(setting: Setting | undefined, value: unknown): string {
  if (typeof value === 'string') return showText(setting, value);
  if (Array.isArray(value)) return value.map((item: unknown) => showValue(setting, item)).join(', ');
  if (setting?.secret === true) return '***';
  return shorten(JSON.stringify(value));
}

function showText(setting: Setting | undefined, value: string): string {
  const shown = shorten(setting?.secret === true ? showAddress(value) : hidePasswords(value));
  // eslint-disable-next-line no-control-regex -- control characters must not reach a terminal
  return shown === '' || /[\s"\u0000-\u001f\u007f]/.test(shown) ? JSON.stringify(shown) : shown;
}

/** What may be shown of an address: scheme, user, host and port. Of a secret that is no address, nothing can be called harmless. */
function showAddress(value: string): string {
  const url = parseUrl(value);
  // An `@` outside the user's part belongs to a password that was not encoded.
  if (url === undefined || url.host === '' || (url.username === '' && value.includes('@'))) return '***';
  const user = url.username === '' ? '' : `${url.username}:***@`;
  return `${url.protocol}//${user}${url.host}${url.pathname + url.search + url.hash === '/' ? '' : '/…'}`;
}

function shorten(value: string): string {
  return value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value;
}

function checkInteger(setting: Setting & { type: 'integer' }, value: number): Parsed {
  return Number.isSafeInteger(value) && value >= setting.min && value <= setting.max
    ? { ok: Object.is(value, -0) ? 0 : value }
    : { needed: describeAllowed(setting) };
}

function isGoodText(setting: Setting & { type: 'string' | 'list' }, value: string): boolean {
  return value.trim() !== '' && !value.includes('\0') && (setting.isAllowed?.(value) ?? true);
}
