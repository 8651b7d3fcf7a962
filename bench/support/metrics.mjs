/** The text of `/metrics`. */
const scrape = async ({ url }) => (await fetch(`${url.replace('ws:', 'http:')}/metrics`)).text();

/** One figure without labels of a gateway's `/metrics`, by its whole name. */
export async function readMetric(gateway, name) {
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await scrape(gateway))?.[1]);
}
