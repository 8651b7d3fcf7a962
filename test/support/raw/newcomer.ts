import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';

/** An address of this machine that is not loopback: a connection from it to loopback counts as another machine's. */
export const STRANGER_ADDRESS: string | undefined = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.internal === false && each.family === 'IPv4')?.address;

/** A connection on bare TCP that says nothing by itself. */
export interface Newcomer {
  readonly socket: Socket;
  /** What the server has said, and whether it has ended the connection. */
  readonly said: { text: string; isOver: boolean };
  close(): void;
}

/** Connects, from the address given or from loopback. Resolves when the operating system has the connection. */
export function connectNewcomer(port: number, localAddress?: string): Promise<Newcomer> {
  return new Promise((resolve, reject) => {
    const from = localAddress === undefined ? {} : { localAddress };
    const socket = connect({ port, host: '127.0.0.1', ...from });
    const said = { text: '', isOver: false };
    socket.on('data', (chunk) => (said.text += chunk.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => (said.isOver = true));
    socket.on('connect', () => {
      resolve({
        socket,
        said,
        close: () => {
          socket.destroy();
        },
      });
    });
  });
}
