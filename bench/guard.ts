// What the guard costs: on the warm path, which every delivery takes, and where a connection is made.
// Measured alone, in this process, since the first is too little to be seen among the rounds.

import { parseUrl } from "@postrider/compose/url";
import { readSettings } from "@postrider/shared/settings/read-settings";
import {
  checkAddresses,
  checkDestination,
  type Levels,
  toBaseRules,
} from "@postrider/worker/send/guard/guard";
import { createPools } from "@postrider/worker/send/pool/pools";

export interface GuardMeasurement {
  /** Finding the way to a destination whose pool is there, and holding the host to its spelling. */
  readonly warmMicrosPerDelivery: number;
  /** Judging a destination and two addresses; what resolving and connecting cost is not in it. */
  readonly microsPerConnection: number;
  /** Of a delivery's CPU time in node; null where none was measured. */
  readonly warmShareOfDelivery: number | null;
}

const WARM_UP = 20_000;
const CALLS = 200_000;

/** CPU time of one call in µs, over so many that the clock does not matter. */
function microsOf(call: () => unknown, calls = CALLS): number {
  for (let index = 0; index < WARM_UP; index++) call();
  const before = process.cpuUsage();
  for (let index = 0; index < calls; index++) call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

/** Measures the guard. `nodeMicrosPerDelivery` is what a whole delivery costs in node. */
export async function measureGuard(nodeMicrosPerDelivery: number | null): Promise<GuardMeasurement> {
  const settings = readSettings({});
  const pools = createPools(settings);
  const origin = "https://api.example.com";
  const url = `${origin}/v1/people/c00000000/events?plan=gold`;
  const way = { connectTimeoutMs: 3_000 };
  const spelling = microsOf(() => parseUrl(url, url)) - microsOf(() => new URL(url));
  const warmMicrosPerDelivery = microsOf(() => pools.get(origin, way)) + Math.max(0, spelling);

  const levels: Levels = [toBaseRules(settings)];
  const destination = { scheme: "https", host: "api.example.com", port: 443 } as const;
  const addresses = ["2606:4700::1111", "93.184.216.34"];
  const nobodys = { isOurs: () => false };
  const judge = () =>
    checkDestination(destination, levels) ?? checkAddresses(destination, addresses, levels, nobodys);
  const microsPerConnection = microsOf(judge, CALLS / 10);
  await pools.close();
  const warmShareOfDelivery =
    nodeMicrosPerDelivery === null ? null : warmMicrosPerDelivery / nodeMicrosPerDelivery;
  return { warmMicrosPerDelivery, microsPerConnection, warmShareOfDelivery };
}

/** The line for people. */
export function describeGuard(guard: GuardMeasurement): string {
  const { warmMicrosPerDelivery, microsPerConnection, warmShareOfDelivery } = guard;
  const share =
    warmShareOfDelivery === null
      ? ""
      : ` (${(warmShareOfDelivery * 100).toFixed(2)} % of its CPU time in node)`;
  return `The guard: ${warmMicrosPerDelivery.toFixed(2)} µs per delivery with a warm pool${share}, ${microsPerConnection.toFixed(1)} µs per connection.`;
}
