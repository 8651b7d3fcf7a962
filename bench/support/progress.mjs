const fromMs = performance.now();

/** One line on the standard error, with the seconds since the start: what the bench does now. The table alone goes to the standard output. */
export function progress(text) {
  console.error(`${((performance.now() - fromMs) / 1000).toFixed(0).padStart(4)} s  ${text}`);
}
