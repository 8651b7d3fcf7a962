/**
 * Every error code of the gateway's own (1000–1999), by name. Negative codes in answers are the node's. What each means to a
 * user stands in PROTOCOL.md; a test holds the two together.
 */
export const ERROR_CODES = {
  /** The gateway failed; the log says how. */
  internal: 1000,
  /** No such topic. */
  unknown_topic: 1001,
  /** `unsubscribe` of a topic that this connection is not subscribed to. */
  not_subscribed: 1002,
  /** `action` is not one of the actions. */
  unknown_action: 1003,
  /** The message is not JSON. */
  not_json: 1004,
  /** The message is JSON, but not an object. */
  not_an_object: 1005,
  /** The object has the shape of none of the dialects. */
  unknown_message: 1006,
  /** A field has the wrong type, or is missing. */
  invalid_field: 1007,
  /** Binary frames are not part of the protocol. */
  binary_frame: 1008,
  /** Arrays and objects are nested deeper than the limit. */
  too_deep: 1009,
  /** The message is longer than the limit; the connection is closed with 1009. */
  too_big: 1010,
  /** No command of that name is known. */
  unknown_command: 1011,
  /** The command exists, and is not allowed here. */
  forbidden_command: 1012,
  /** The command is allowed, and these params are not. */
  forbidden_params: 1013,
  /** `params` is not an array. */
  params_not_array: 1014,
  /** The node cannot be asked now: gone, warming up, or full. Try again. */
  node_unavailable: 1015,
  /** The node did not answer in time. */
  deadline_exceeded: 1016,
  /** Too many commands of this connection are waiting. */
  too_many_commands: 1017,
  /** The node's answer is larger than the limit. */
  answer_too_big: 1018,
  /** The node answered something that is no JSON-RPC answer. */
  node_malformed: 1019,
  /** `from` is not a cursor, height or list of points. */
  cursor_malformed: 1030,
  /** The cursor belongs to another chain. */
  cursor_other_chain: 1031,
  /** The cursor names a block or position that the chain has not reached. */
  cursor_from_future: 1032,
  /** The blocks asked for cannot be read: pruned by the node. */
  history_unavailable: 1033,
  /** The node does not know the block that the cursor or point names. */
  unknown_block: 1035,
  /** Too many replays at once. */
  too_many_replays: 1034,
  /** No such stream. */
  unknown_stream: 1036,
  /** The filters of this connection would have more keys than the limit. */
  too_many_filter_keys: 1040,
  /** `update` of a subscription that has no filter, several, or one without keys. */
  filter_not_updatable: 1041,
  /** HTTP 404: WebSocket connections are taken at other paths. */
  unknown_path: 1050,
  /** HTTP 403: the `Host` header names no host of this gateway. */
  forbidden_host: 1051,
  /** HTTP 403: pages of this origin may not use the gateway. */
  forbidden_origin: 1052,
  /** HTTP 503: all places for clients are taken. */
  too_many_clients: 1053,
  /** HTTP 503: the gateway is shutting down. */
  shutting_down: 1054,
  /** HTTP 400: a token stands in the URL. */
  token_in_url: 1055,
  /** No token was shown, and one is needed. */
  unauthorized: 1056,
  /** The token is not known here, or broken; HTTP 401 in the handshake. */
  invalid_token: 1057,
  /** The token has expired; HTTP 401 in the handshake. */
  token_expired: 1058,
  /** The role may not subscribe to a topic or stream. */
  forbidden_topic: 1059,
  /** The role may not start so far in the past. */
  forbidden_history: 1060,
  /** A batch has more requests than the limit. */
  batch_too_big: 1061,
  /** HTTP 403: the path is for programs of the same machine, and for admins. */
  forbidden_path: 1062,
  /** HTTP 415: the body is not sent as JSON. */
  unsupported_media_type: 1063,
  /** Too many messages, or too much cost, for the time: HTTP 429. */
  rate_limited: 1064,
  /** HTTP 429: the address has all the connections that it may have. */
  too_many_from_address: 1065,
  /** The connection has all the subscriptions that it may have. */
  too_many_subscriptions: 1066,
  /** HTTP 431: the request line and headers are longer than the limit. */
  headers_too_big: 1067,
  /** HTTP 408: the request did not come whole in time. */
  request_timeout: 1068,
  /** HTTP 400: what came is no HTTP request. */
  bad_request: 1069,
  /** HTTP 400 or 426: a WebSocket handshake that is none. */
  bad_handshake: 1070,
  /** HTTP 429: connections of the address were closed too often for what they sent. */
  address_blocked: 1071,
} as const;

/** Name of one of the gateway's own errors. */
export type ErrorName = keyof typeof ERROR_CODES;

/** WebSocket close codes that the gateway sends, by name; PROTOCOL.md says what a client may do after each. */
export const CLOSE_CODES = {
  /** The gateway is shutting down. */
  going_away: 1001,
  /** A frame broke the WebSocket protocol (sent by the WebSocket layer). */
  protocol_error: 1002,
  /** A text frame was not UTF-8 (sent by the WebSocket layer). */
  invalid_utf8: 1007,
  /** A message came in too many fragments (sent by the WebSocket layer). */
  policy_violation: 1008,
  /** A message was longer than the limit. */
  too_big: 1009,
  /** The gateway failed on this connection. */
  internal: 1011,
  /** Too many connections. */
  try_again_later: 1013,
  /** No pong came within the timeout. */
  no_pong: 4000,
  /** A token is needed, and none came in time. */
  unauthorized: 4001,
  /** The token has expired. */
  token_expired: 4002,
  /** The token is in the file of tokens no more, or has another role there. */
  token_revoked: 4003,
  /** Nothing was said for too long, and nothing is subscribed to. */
  idle: 4007,
  /** The client made no progress reading for too long. */
  too_slow: 4008,
  /** The client sent too many bad messages, or too many at once. */
  too_many: 4029,
  /** The client went on sending while it was told to wait. */
  rate_limited: 4030,
} as const;
