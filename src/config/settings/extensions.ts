import { MAX_TIMER_MS } from '../settingBounds.js';
import { integer, list, type Setting } from '../settingTypes.js';

/** Topics and streams of the operator's own. */
export const EXTENSION_SETTINGS = {
  extension: list({
    group: 'Extensions',
    commands: ['serve'],
    allowed: 'the path of a JavaScript module',
    description:
      'File that defines topics or streams of your own: a JavaScript module, see docs/extensions.md.',
  }),
  topicDeadlineMs: integer({
    group: 'Extensions',
    commands: ['serve'],
    default: 10_000,
    min: 50,
    max: MAX_TIMER_MS,
    unit: 'ms',
    description:
      'Longest time that a topic of your own takes for one event; its subscribers are then told that the event could not be mapped.',
  }),
} as const satisfies Record<string, Setting>;
