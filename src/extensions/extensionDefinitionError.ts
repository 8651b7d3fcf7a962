import { GatewayError } from '../protocol/gatewayError.js';

/** A definition, or the file of one, is not right; the message says what is. */
export class ExtensionDefinitionError extends GatewayError {
  constructor(message: string, cause?: unknown) {
    super(message, { code: 'GW_ERR_EXTENSION', cause });
  }
}
