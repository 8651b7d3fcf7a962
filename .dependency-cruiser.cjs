/**
 * The direction in which the parts of src/ may depend on each other, and the one importer of each package that is
 * kept behind a file of its own. Read with: npm run check:architecture
 *
 *   protocol <- chain <- node <- feed <- extensions <- server <- gateway <- cli
 *
 * `observe` may be used by node and above. `config` makes settings, and finds the node by its own files: it may use node,
 * and only the gateway and the command line use it. `client` runs in browsers: it knows the protocol alone. `simulator`
 * plays the node: it knows nothing of what follows one.
 */

/** Forbids a folder (or file) to import anything of src/ but the folders and files named. */
function layer(name, from, allowed) {
  return {
    name: `layer-${name}`,
    severity: 'error',
    comment: `${name} may import from src/ only: ${allowed.join(', ')}.`,
    from: { path: from },
    to: { path: '^src/', pathNot: allowed.map((part) => `^src/${part}`) },
  };
}

/** Forbids a package to every file of src/ but those named. */
function oneImporter(packageName, importers) {
  return {
    name: `one-importer-${packageName}`,
    severity: 'error',
    comment: `${packageName} is imported by ${importers.join(', ')} alone: swap it, or work round its traps, there.`,
    from: { path: '^src/', pathNot: importers },
    to: { path: [`(^|node_modules/)(@types/)?${packageName}($|/)`] },
  };
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    layer('protocol', '^src/protocol/', ['protocol/']),
    layer('chain', '^src/chain/', ['protocol/', 'chain/']),
    layer('node', '^src/node/', ['protocol/', 'chain/', 'node/', 'observe/']),
    layer('feed', '^src/feed/', ['protocol/', 'chain/', 'node/', 'feed/', 'observe/']),
    layer('extensions', '^src/extensions/', [
      'protocol/',
      'chain/',
      'node/',
      'feed/',
      'extensions/',
      'observe/',
    ]),
    layer('server', '^src/server/', [
      'protocol/',
      'chain/',
      'node/',
      'feed/',
      'extensions/',
      'server/',
      'observe/',
    ]),
    layer('gateway', '^src/gateway[A-Za-z]*\\.ts$', [
      'protocol/',
      'chain/',
      'node/',
      'feed/',
      'extensions/',
      'server/',
      'observe/',
      'config/',
      'gateway[A-Za-z]*\\.ts$',
    ]),
    layer('client', '^src/client/', ['protocol/', 'client/']),
    layer('simulator', '^src/simulator/', ['protocol/', 'chain/', 'node/', 'observe/', 'simulator/']),
    layer('observe', '^src/observe/', ['protocol/', 'chain/', 'node/', 'observe/']),
    layer('config', '^src/config/', ['protocol/', 'node/', 'observe/', 'config/']),
    {
      name: 'nothing-imports-main',
      severity: 'error',
      comment: 'main.ts starts the process when it is imported.',
      from: { path: '^src/' },
      to: { path: '^src/main\\.ts$' },
    },
    {
      name: 'protocol-runs-in-browsers',
      severity: 'error',
      comment: "protocol/ is used in browsers: nothing of Node's, and no package.",
      from: { path: '^src/protocol/' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer'] },
    },
    {
      name: 'chain-is-pure',
      severity: 'error',
      comment: 'chain/ decides, it does nothing: no sockets, files, processes or timers.',
      from: { path: '^src/chain/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(buffer|crypto)$' },
    },
    oneImporter('zeromq', ['^src/node/zmqListener\\.ts$', '^src/simulator/']),
    oneImporter('json-bigint', ['^src/node/losslessJson\\.ts$']),
    oneImporter('jose', ['^src/server/access/jwtKeys\\.ts$']),
    oneImporter('lru-cache', ['^src/feed/historyBlocks\\.ts$']),
    oneImporter('prom-client', ['^src/observe/metrics\\.ts$']),
    oneImporter('ws', [
      '^src/server/webSocket/webSocket(Clients|Frames)\\.ts$',
      '^src/client/',
      '^src/cli/connectWebSocket\\.ts$',
    ]),
    oneImporter('yargs', ['^src/cli/', '^src/main\\.ts$']),
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'A circle has no order to read it in. Types count too: move the shared type below both.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'src-stands-alone',
      severity: 'error',
      comment: 'What is shipped imports nothing of test/, bench/ or scripts/.',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'no-dev-dependency-in-src',
      severity: 'error',
      comment: 'A user who installs the package does not get devDependencies.',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: 'node_modules/@types/',
      },
    },
    {
      name: 'no-unlisted-package',
      severity: 'error',
      comment: 'Every package imported stands in package.json.',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      comment: 'The import names nothing that exists.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-deprecated-core',
      severity: 'error',
      comment: 'These parts of Node are going away.',
      from: {},
      to: { dependencyTypes: ['core'], path: '^(node:)?(punycode|domain|constants|sys|_.*)$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Types count as dependencies: an `import type` in the wrong direction is still the wrong direction.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
