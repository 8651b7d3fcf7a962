import { isAddressRange, isHostName, isOrigin } from '../addressRules.js';
import { MAX_TIMER_MS } from '../settingBounds.js';
import { boolean, integer, list, text, type Setting } from '../settingTypes.js';

/** Who may do what: TLS, hosts, origins, roles and tokens. */
export const ACCESS_SETTINGS = {
  tlsCert: text({
    group: 'Access',
    commands: ['serve'],
    description:
      'Certificate for wss and https as PEM, with the chain behind it. Read again when it changes, and on SIGHUP.',
  }),
  tlsKey: text({
    group: 'Access',
    commands: ['serve'],
    description: 'Its private key as PEM, without a passphrase.',
  }),
  insecure: boolean({
    group: 'Access',
    commands: ['serve'],
    description:
      'Let other machines in without encryption, as behind a proxy that does TLS. Without it and a certificate, only loopback is listened on.',
  }),
  allowHost: list({
    group: 'Access',
    commands: ['serve'],
    allowed: 'a host name without port, or *',
    isAllowed: isHostName,
    description:
      'Name under which clients reach the gateway, as through a proxy; may be repeated. Addresses, localhost and --host are always taken; * takes any name.',
  }),
  allowOrigin: list({
    group: 'Access',
    commands: ['serve'],
    allowed: 'scheme://host or scheme://host:port, null or *',
    isAllowed: isOrigin,
    description:
      "Origin whose pages may use the gateway in a browser; may be repeated. The gateway's own page always may; null stands for pages without an origin, such as files, * for all.",
  }),
  trustProxy: list({
    group: 'Access',
    commands: ['serve'],
    allowed: 'an address, or a range such as 10.0.0.0/8',
    isAllowed: isAddressRange,
    description:
      "Proxy whose X-Forwarded-For (or Forwarded) is taken for the client's address, and X-Forwarded-Host and -Proto for the gateway's; may be repeated. The headers of others are not.",
  }),
  anonymousRole: text({
    group: 'Access',
    commands: ['serve'],
    defaultText: 'anonymous, and none for clients of other machines where tokens or JWT are taken',
    description: 'Role of clients that show no token; with none, they have to show one.',
  }),
  roles: text({
    group: 'Access',
    commands: ['serve', 'token'],
    description: 'A JSON file that says what each role may do. Read once, at the start.',
  }),
  tokens: text({
    group: 'Access',
    commands: ['serve'],
    description:
      'A file with a line for each token, as `token` prints it. Read again when it changes, and on SIGHUP; a token whose line is gone is closed.',
  }),
  jwtSecretFile: text({
    group: 'Access',
    commands: ['serve'],
    description: 'A file with the secret of JWT that are signed with HS256: 32 bytes or more.',
  }),
  jwtKeysFile: text({
    group: 'Access',
    commands: ['serve'],
    description:
      'A file with what checks JWT that are signed with RS256 or ES256: a public key as PEM, or a JSON Web Key Set.',
  }),
  jwtIssuer: text({
    group: 'Access',
    commands: ['serve'],
    description: 'What a JWT must have as its issuer (iss).',
  }),
  jwtAudience: text({
    group: 'Access',
    commands: ['serve'],
    description: 'What a JWT must have as its audience (aud), or in it.',
  }),
  authTimeoutMs: integer({
    group: 'Access',
    commands: ['serve'],
    default: 10_000,
    min: 100,
    max: MAX_TIMER_MS,
    unit: 'ms',
    description: 'How long a client that has to show a token may take.',
  }),
  allowSendRawTransaction: boolean({
    group: 'Access',
    commands: ['serve', 'token'],
    description:
      'Let the roles user and admin, and roles that name it, call sendrawtransaction, which relays what they send to the whole network.',
  }),
} as const satisfies Record<string, Setting>;
