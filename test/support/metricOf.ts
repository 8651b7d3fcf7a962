import { METRIC_PREFIX } from '../../src/observe/metricTypes.js';
import type { TestGateway } from './gatewayHarness.js';

/** The value of one series of `/metrics` as it is printed there, without the gateway's prefix; absent where it is not. */
export async function metricOf(
  { url }: Pick<TestGateway, 'url'>,
  series: string,
): Promise<number | undefined> {
  const response = await fetch(`${url.replace('ws', 'http')}/metrics`);
  const line = (await response.text())
    .split('\n')
    .find((text) => text.startsWith(`${METRIC_PREFIX}${series} `));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
}
