/** What can be thrown and cannot be read, or made a text, or printed. */
export const THROWN: readonly (readonly [string, unknown])[] = [
  ['an object without a prototype', Object.create(null)],
  [
    'an error whose message throws',
    Object.defineProperty(new Error('unread'), 'message', { get: fail, enumerable: true }),
  ],
  [
    'an error of which a member throws',
    Object.defineProperty(new Error('x'), 'x', { get: fail, enumerable: true }),
  ],
  ['what throws whatever is done with it', new Proxy({}, { get: fail, getPrototypeOf: fail, ownKeys: fail })],
  ['an error that is its own cause', ownCause()],
  ['a symbol', Symbol('thrown')],
  ['nothing', undefined],
];

function fail(): never {
  throw new Error('read');
}

function ownCause(): Error {
  const error = new Error('round');
  error.cause = error;
  return error;
}
