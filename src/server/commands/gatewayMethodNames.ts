/** The methods beside the node's own, which the gateway answers itself. */
export const GATEWAY_METHODS = ['subscribe_events', 'get_websocket_status', 'broadcast_event'] as const;

/** One of them. */
export type GatewayMethod = (typeof GATEWAY_METHODS)[number];
