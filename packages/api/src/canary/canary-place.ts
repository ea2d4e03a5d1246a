// Where the canary is sent, and whether workers can be let through to it: what can be told of that before one
// is sent. The last word has each worker's guard.

import { lookup } from "node:dns/promises";
import { RANGES } from "@postrider/shared/address-ranges";
import { invalidField, type PostriderError } from "@postrider/shared/errors";
import { type Address, isInside, type Network, parseAddress, parseNetwork } from "@postrider/shared/network";
import { withoutBrackets } from "@postrider/shared/redis-url";
import type { Settings } from "@postrider/shared/settings/settings";

/** Says what else may be wrong, and ends nothing. */
export type Warn = (message: string) => void;

/**
 * Checks that workers with the same settings can reach the place.
 * @param isLoopbackOnly whether the API listens on loopback only, as it does without tokens.
 * @throws `settings_invalid`.
 */
export async function checkCanaryPlace(
  settings: Settings,
  isLoopbackOnly: boolean,
  warn: Warn,
): Promise<void> {
  const { canaryUrl } = settings;
  if (canaryUrl === "") {
    if (!isLoopbackOnly || settings.apiTlsCert !== "")
      throw refuse(
        "POSTRIDER_CANARY needs it: where workers reach this API, such as http://api.internal:8080",
      );
    checkAddresses("127.0.0.1", ["127.0.0.1"], settings);
    return;
  }
  const { protocol, hostname, port } = new URL(canaryUrl);
  if (settings.httpsOnly && protocol !== "https:")
    throw refuse("is not https, and POSTRIDER_HTTPS_ONLY lets workers send nothing else");
  if (port !== "" && Number(port) === settings.metricsPort)
    throw refuse(
      `leads to port ${port}, the workers' own (POSTRIDER_METRICS_PORT), which no delivery reaches`,
    );
  if (settings.egressProxy !== undefined && settings.egressProxyResolves) return;
  const host = withoutBrackets(hostname);
  checkAddresses(host, await findAddresses(host, warn), settings);
  if (isLoopbackOnly && !/^(?:127\.|::1$|localhost$)/.test(host))
    warn("the API listens on loopback only, for want of a token: the canary may not find it there");
}

async function findAddresses(host: string, warn: Warn): Promise<readonly string[]> {
  if (parseAddress(host) !== null) return [host];
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (error) {
    warn(`POSTRIDER_CANARY_URL: ${host} has no address yet (${(error as Error).message})`);
    return [];
  }
}

function checkAddresses(
  host: string,
  addresses: readonly string[],
  { allowNetworks, denyNetworks }: Settings,
): void {
  for (const text of addresses) {
    const address = parseAddress(text);
    if (address === null) continue;
    const bits = address.family === 4 ? 32 : 128;
    const name = text === host ? text : `${host} (${text})`;
    if (isIn(address, denyNetworks))
      throw refuse(`leads to ${name}, which POSTRIDER_DENY_NETWORKS keeps workers from`);
    if (RANGES.some(({ network }) => isInside(address, network)) && !isIn(address, allowNetworks))
      throw refuse(
        `leads to ${name}, which is not public, so that workers would refuse it: name its network in POSTRIDER_ALLOW_NETWORKS, such as ${text}/${bits}, for workers and API alike`,
      );
  }
}

function isIn(address: Address, networks: readonly string[]): boolean {
  return networks
    .map(parseNetwork)
    .filter((network): network is Network => network !== null)
    .some((network) => isInside(address, network));
}

function refuse(message: string): PostriderError {
  return invalidField("settings_invalid", "POSTRIDER_CANARY_URL", message);
}
