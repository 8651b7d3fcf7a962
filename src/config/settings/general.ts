import { isWebSocketUrl } from '../addressRules.js';
import { text, type Setting } from '../settingTypes.js';

/** What concerns the commands of the command line alone. */
export const GENERAL_SETTINGS = {
  url: text({
    group: 'General',
    commands: ['watch', 'call', 'health-check'],
    allowed: 'ws://host:port, wss://…, http://… or https://…',
    isAllowed: isWebSocketUrl,
    defaultText: 'ws://127.0.0.1:8765, or the host and port that are set',
    description: 'The gateway to talk to.',
  }),
  tokenFile: text({
    group: 'General',
    commands: ['watch', 'call', 'health-check'],
    defaultText: 'the token in EVRMORE_GATEWAY_TOKEN',
    description:
      'A file that holds the token to show to the gateway, and nothing else. A token has no flag: every user of the machine would see it.',
  }),
  config: text({
    group: 'General',
    commands: ['serve', 'simulate', 'watch', 'call', 'health-check', 'token'],
    notInFile: true,
    description: 'A JSON file with settings, under the keys of this table.',
  }),
} as const satisfies Record<string, Setting>;
