import { choice, type Setting } from '../settingTypes.js';

/** What is logged, and how. */
export const LOGGING_SETTINGS = {
  logLevel: choice({
    group: 'Logging',
    commands: ['serve', 'simulate'],
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    default: 'info',
    description: 'Least important level that is logged. debug and trace also print the stack of an error.',
  }),
  logFormat: choice({
    group: 'Logging',
    commands: ['serve', 'simulate'],
    choices: ['json', 'pretty'],
    defaultText: 'pretty on a terminal, json otherwise',
    description: 'How log lines are written to the standard error.',
  }),
} as const satisfies Record<string, Setting>;
