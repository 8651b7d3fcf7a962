/** The one limiter that is used: the package's index loads those for every database too, which takes 10 MB of memory. */
declare module 'rate-limiter-flexible/lib/RateLimiterMemory.js' {
  import type { RateLimiterMemory } from 'rate-limiter-flexible';
  const Limiter: typeof RateLimiterMemory;
  export default Limiter;
}
