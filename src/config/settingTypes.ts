/** The commands of the command line. */
export const COMMAND_NAMES = ['serve', 'simulate', 'watch', 'call', 'health-check', 'token'] as const;

/** One command of the command line. */
export type CommandName = (typeof COMMAND_NAMES)[number];

/** Headings under which help and documentation list the settings, in this order. */
export const SETTING_GROUPS = [
  'Node',
  'Server',
  'Access',
  'Limits',
  'Event log',
  'Streams',
  'Extensions',
  'Simulated node',
  'Logging',
  'General',
] as const;

/** One heading. */
export type SettingGroup = (typeof SETTING_GROUPS)[number];

/** What every setting says about itself. */
export interface SettingText {
  readonly group: SettingGroup;
  /** The commands that have the flag; environment and file may always name the setting. */
  readonly commands: readonly CommandName[];
  /** One sentence or two, for help and documentation. Starts with a capital letter, ends with a full stop. */
  readonly description: string;
  /** Unit of a number: `ms`, `bytes`, … */
  readonly unit?: string;
  /** What happens when it is not set, where no plain default can say it. */
  readonly defaultText?: string;
  /** The value, or a part of it, is never shown. */
  readonly secret?: true;
  /** Where the value stands on the command line and in the environment alone: the file cannot name it. */
  readonly notInFile?: true;
}

/** A line of text, with an optional rule. */
export interface TextSetting<T extends string | undefined = string | undefined> extends SettingText {
  readonly type: 'string';
  readonly default: T;
  /** The rule in words, for messages. */
  readonly allowed: string;
  readonly isAllowed?: (value: string) => boolean;
  /** The one way to write a value that can be written in several. */
  readonly normalise?: (value: string) => string;
}

/** A whole number between two bounds, both included. */
export interface IntegerSetting<T extends number | undefined = number | undefined> extends SettingText {
  readonly type: 'integer';
  readonly default: T;
  readonly min: number;
  readonly max: number;
}

/** Yes or no. */
export interface BooleanSetting extends SettingText {
  readonly type: 'boolean';
  readonly default: boolean;
}

/** Several lines of text: a flag given more than once, or separated by commas. */
export interface ListSetting extends SettingText {
  readonly type: 'list';
  readonly default: readonly string[];
  readonly allowed: string;
  readonly isAllowed?: (value: string) => boolean;
}

/** One of a few words. */
export interface ChoiceSetting<
  C extends string = string,
  T extends string | undefined = string | undefined,
> extends SettingText {
  readonly type: 'choice';
  readonly choices: readonly C[];
  readonly default: T;
}

/** Any setting. */
export type Setting = TextSetting | IntegerSetting | BooleanSetting | ListSetting | ChoiceSetting;

/** The type of a setting's value. A choice without a default may be undefined. */
export type SettingValue<S> =
  S extends ChoiceSetting<infer C, infer T>
    ? C | Extract<T, undefined>
    : S extends TextSetting<infer T>
      ? T
      : S extends IntegerSetting<infer T>
        ? T
        : S extends BooleanSetting
          ? boolean
          : S extends ListSetting
            ? readonly string[]
            : never;

type TextOptions = SettingText & {
  readonly allowed?: string;
  readonly isAllowed?: (value: string) => boolean;
  readonly normalise?: (value: string) => string;
};

/** Describes a line of text. */
export function text(options: TextOptions & { readonly default: string }): TextSetting<string>;
export function text(options: TextOptions): TextSetting;
export function text(options: TextOptions & { readonly default?: string }): TextSetting {
  return { allowed: 'text that is not empty', ...options, type: 'string', default: options.default };
}

type IntegerOptions = SettingText & { readonly min: number; readonly max: number };

/** Describes a whole number. */
export function integer(options: IntegerOptions & { readonly default: number }): IntegerSetting<number>;
export function integer(options: IntegerOptions): IntegerSetting;
export function integer(options: IntegerOptions & { readonly default?: number }): IntegerSetting {
  return { ...options, type: 'integer', default: options.default };
}

/** Describes a yes or no; no is the default. */
export function boolean(options: SettingText): BooleanSetting {
  return { ...options, type: 'boolean', default: false };
}

/** Describes several lines of text; none is the default. */
export function list(options: Omit<TextOptions, 'normalise'>): ListSetting {
  return { allowed: 'text that is not empty', ...options, type: 'list', default: [] };
}

type ChoiceOptions<C extends string> = SettingText & { readonly choices: readonly C[] };

/** Describes one of a few words. */
export function choice<const C extends string>(
  options: ChoiceOptions<C> & { readonly default: NoInfer<C> },
): ChoiceSetting<C, string>;
export function choice<const C extends string>(options: ChoiceOptions<C>): ChoiceSetting<C>;
export function choice<C extends string>(
  options: ChoiceOptions<C> & { readonly default?: C },
): ChoiceSetting<C> {
  return { ...options, type: 'choice', default: options.default };
}
