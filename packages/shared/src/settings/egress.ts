// Settings: where requests may go, and how they get there.

import { z } from "zod";
import { egressListSetting } from "../egress.ts";
import { parseAddress } from "../network.ts";
import { integer, yesOrNo } from "./parsers.ts";

/** Name servers as node:dns takes them: an address, and a port where it is not 53. */
function nameServers(text: string, context: z.RefinementCtx): string[] {
  const servers = text.split(",").map((server) => server.trim());
  for (const server of servers) {
    const [, bracketed, plain] = /^(?:\[([^\]]+)\](?::\d+)?|([^:]+)(?::\d+)?)$/.exec(server) ?? [];
    if (parseAddress(bracketed ?? plain ?? server) === null)
      context.addIssue(`"${server}" is no name server, such as 10.0.0.2, 10.0.0.2:5353 or [fd00::2]:53`);
  }
  return servers;
}

function isProxyUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname, search, username, password } = new URL(text);
  return (
    /^https?:$/.test(protocol) && pathname === "/" && search === "" && isPercentEncoded(username + password)
  );
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    // A percent sign that is meant as one must be written %25.
    return false;
  }
}

export const egressSettings = {
  connectionsPerDestination: integer(1, 10_000)
    .default(100)
    .describe("Sockets that one worker process holds to one destination."),
  destinationsMax: integer(1, 100_000)
    .default(256)
    .describe("Destinations that one worker process keeps sockets to."),
  replyBytesMax: integer(0, 10_485_760)
    .default(65_536)
    .describe("Bytes of a reply's body that are kept; the rest is cut."),
  allowNetworks: egressListSetting("networks", []).describe(
    "Networks (CIDR, separated by commas) that may be reached although they are not public. Metadata services and Postrider's own ports stay refused.",
  ),
  denyNetworks: egressListSetting("networks", []).describe(
    "Networks (CIDR) that are not reached, whatever else allows them.",
  ),
  allowHosts: egressListSetting("hosts", undefined).describe(
    "The only hosts that are reached, such as `api.example.com,*.example.org`; none given: any host.",
  ),
  allowPorts: egressListSetting("ports", undefined).describe(
    "The only ports that are reached, such as `443,8000-8999`; none given: all where no other protocol than HTTP is spoken.",
  ),
  httpsOnly: yesOrNo("false").describe("`true`: http is not sent."),
  dnsServers: z
    .string()
    .transform(nameServers)
    .optional()
    .describe(
      "Name servers (addresses, separated by commas) that are asked instead of the system's resolver; without hosts file and search domains.",
    ),
  egressProxy: z
    .string()
    .refine(
      isProxyUrl,
      "must be a URL such as http://user:password@proxy.example.com:3128, with special characters percent-encoded",
    )
    .optional()
    .describe("Proxy through which everything is sent (HTTP CONNECT): `http://user:password@host:port`."),
  egressProxyResolves: yesOrNo("false").describe(
    "`true`: the proxy is handed names and must refuse private addresses itself, as Smokescreen does; `false`: it is handed addresses that the guard has checked.",
  ),
  tlsFile: z
    .string()
    .optional()
    .describe(
      'JSON file of CA bundles and client certificates, `{"destinations": {"https://host": {"ca", "cert", "key"}}}`, with paths beside it, or `{{ secrets.NAME }}` for what lies in the secret store. Changes are taken up within 10 s.',
    ),
};
