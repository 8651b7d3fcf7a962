/** Times and sizes of the gateway's HTTP servers, for `http.createServer`. */
export const HTTP_LIMITS = {
  /** Bytes of the request line and headers. */
  maxHeaderSize: 8 * 1024,
  /** Time for the request line and headers, against clients that send them drop by drop. */
  headersTimeout: 10_000,
  /** Time for a whole request. */
  requestTimeout: 15_000,
  /** Idle time of an HTTP connection between two requests. */
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 5_000,
} as const;
