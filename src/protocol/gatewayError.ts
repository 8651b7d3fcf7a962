/** Exit code of the process for an error: 1 is a user's mistake, 75 means "try again". */
export type ExitCode = 1 | 75;

/** What every error of the gateway's own code carries. */
export interface GatewayErrorOptions {
  /** Stable, for programs: `GW_ERR_` and upper-case words. */
  readonly code: `GW_ERR_${string}`;
  /** Whether the same thing may work later. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** The one base of the errors thrown on purpose; its message says what to do. */
export class GatewayError extends Error {
  readonly code: string;
  readonly retryable: boolean;

  constructor(message: string, options: GatewayErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.retryable = options.retryable ?? false;
  }

  /** 75 when trying again may help, 1 when somebody has to change something. */
  get exitCode(): ExitCode {
    return this.retryable ? 75 : 1;
  }
}
