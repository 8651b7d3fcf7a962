import { GatewayError } from '../protocol/gatewayError.js';
import type { Output } from './cliTypes.js';

/** Writes, and waits until it is written, or cannot be. What went wrong is for {@link watchOutput} to tell. */
export async function writeAll(output: Output, text: string): Promise<void> {
  await new Promise<void>((resolve) => {
    output.once('error', resolve);
    output.write(text, () => {
      output.off('error', resolve);
      resolve();
    });
  });
}

/** Takes the errors of an output, which would end the process otherwise; gives the first one that a person has to know of. */
export function watchOutput(output: Output): () => GatewayError | undefined {
  let failure: GatewayError | undefined;
  output.on('error', (cause: NodeJS.ErrnoException) => {
    // The reader of a pipe has gone, as `head` does: it has what it wanted.
    if (cause.code === 'EPIPE') return;
    failure ??= new GatewayError(`the standard output cannot be written (${cause.code ?? cause.message})`, {
      code: 'GW_ERR_OUTPUT',
      cause,
    });
  });
  return () => failure;
}
