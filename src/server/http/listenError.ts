/** Why the server cannot listen, and what to do about it. */
export function describeListenError(
  error: NodeJS.ErrnoException,
  host: string,
  port: number,
  portFlag: string,
): string {
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return `cannot listen on ${place}: another program uses this port. Stop it, or choose another with ${portFlag} (0 takes any free one)`;
    case 'EACCES':
      return `cannot listen on ${place}: not allowed. Ports below 1024 need special rights; choose another with ${portFlag}`;
    case 'EADDRNOTAVAIL':
      return `cannot listen on ${place}: this machine has no such address. Choose one of its own with --host, such as 127.0.0.1`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `cannot listen on ${place}: the host name is not known. Give an address with --host, such as 127.0.0.1`;
    default:
      return `cannot listen on ${place}: ${error.message}. Choose another address with --host or ${portFlag}`;
  }
}
