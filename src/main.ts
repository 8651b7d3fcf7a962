#!/usr/bin/env node
import process from 'node:process';
import { letHeapGrow } from './cli/letHeapGrow.js';
import { runCli } from './cli/runCli.js';

/** Time for handles that are closing when the command has ended. */
const LINGER_MS = 1000;

const { env, stdout, stderr } = process;
letHeapGrow(process.execArgv);
process.exitCode = await runCli({ argv: process.argv.slice(2), env, stdout, stderr });
// Unref'd: it only fires when something still keeps the process alive, which must not become a hanging command.
setTimeout(() => process.exit(), LINGER_MS).unref();
