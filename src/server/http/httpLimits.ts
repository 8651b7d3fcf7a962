/** Times of the gateway's HTTP servers that no setting changes, for `http.createServer`. */
export const HTTP_LIMITS = {
  /** Idle time of an HTTP connection between two requests. */
  keepAliveTimeout: 5_000,
} as const;

/** Time for the body of a request, after its head. */
export const BODY_TIMEOUT_MS = 5_000;

/** Longest time between two looks at connections that are late. */
export const MAX_CHECKING_INTERVAL_MS = 5_000;
