import { describeAllowed } from './parseSetting.js';
import { SETTING_GROUPS, type Setting } from './settingTypes.js';
import { SETTING_KEYS, envOf, flagOf, settingOf, type SettingKey } from './settings.js';

/** The default of a setting in words; undefined where there is none. */
export function describeDefault(setting: Setting): string | undefined {
  if (setting.defaultText !== undefined) return setting.defaultText;
  if (setting.type === 'list' || setting.type === 'boolean' || setting.default === undefined)
    return undefined;
  return String(setting.default);
}

/** All settings as Markdown: one table a group, for README. */
export function settingsMarkdown(): string {
  const parts = SETTING_GROUPS.map((group) => {
    const keys = SETTING_KEYS.filter((key) => settingOf(key).group === group);
    return [
      `**${group}**`,
      '',
      '| flag | default | takes | what |',
      '| --- | --- | --- | --- |',
      ...keys.map(row),
    ].join('\n');
  });
  const [first = 'port'] = SETTING_KEYS;
  const rule = `A flag beats the environment, which beats the file of \`--config\` (JSON), which beats the default. The variable of \`--${flagOf(first)}\` is \`${envOf(first)}\`, its key in the file is \`${first}\`, and so for all.`;
  return [rule, ...parts].join('\n\n');
}

function row(key: SettingKey): string {
  const setting = settingOf(key);
  const cells = [
    `\`--${flagOf(key)}\``,
    describeDefault(setting) ?? '',
    setting.type === 'boolean' ? '' : describeAllowed(setting),
    setting.description,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
}
