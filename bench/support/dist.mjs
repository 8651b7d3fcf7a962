import { pathToFileURL } from 'node:url';

const { BENCH_DIST } = process.env;

/** A file of the built gateway. The folder is `dist`, unless the environment names another (`BENCH_DIST`). */
export const built = (path) =>
  new URL(
    path,
    BENCH_DIST === undefined ? new URL('../../dist/', import.meta.url) : pathToFileURL(`${BENCH_DIST}/`),
  );
