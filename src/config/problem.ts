import { GatewayError } from '../protocol/gatewayError.js';

/** Where a value came from. */
export type SettingSource = 'flag' | 'env' | 'file' | 'default';

/** Where a problem lies: in a value, or in the node's own files. */
export type ProblemSource = SettingSource | 'node_file';

/** One thing that is wrong with a configuration. */
export interface Problem {
  /** Key of the setting, or the unknown word as it was given. */
  readonly key: string;
  readonly source: ProblemSource;
  /** The name under which it was given: `--port`, `EVRMORE_GATEWAY_PORT`, or the key in the file. */
  readonly name: string;
  /** The value as text, without secrets, shortened; absent where there is none to show. */
  readonly value?: string;
  /** What is wrong, and what is allowed. */
  readonly message: string;
}

/** A problem as one line: `--port 99999: a whole number from 0 to 65535 is needed`. */
export function formatProblem(problem: Problem): string {
  const value = problem.value === undefined ? '' : ` ${problem.value}`;
  const where = problem.source === 'file' ? `${problem.name}${value} (file)` : `${problem.name}${value}`;
  return `${where}: ${problem.message}`;
}

/** The configuration cannot be used; the message lists all that is wrong with it, one thing a line. */
export class ConfigurationError extends GatewayError {
  constructor(readonly problems: readonly Problem[]) {
    const lines = problems.map((problem) => `  ${formatProblem(problem)}`);
    super(
      `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} in the configuration:\n${lines.join('\n')}`,
      { code: 'GW_ERR_CONFIGURATION' },
    );
  }
}
