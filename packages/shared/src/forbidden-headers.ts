// The headers that no action can set, and why: what belongs to the connection, to the sender, to a proxy, or
// opens a cloud's metadata service. Refused when an action is saved, so that nobody finds out at the
// receiver.

const SENDERS_OWN = "is set by Postrider itself and cannot be given here";
/**
 * RFC 9110 section 7.6.1: these speak of the connection, and whoever sets them can make two servers disagree
 * where a request ends.
 */
const HOP_BY_HOP = "belongs to the connection (RFC 9110, 7.6.1), which Postrider alone manages";
const PROXYS = "is for proxies on the way, and would tell a receiver a false origin of the request";
const REWRITING = "makes some servers answer for another path than the one that their access rules have seen";
const METADATAS = "opens cloud metadata services, which no delivery may reach";
const UNPACKING = "would ask for a packed answer, and answers are kept as they come, never unpacked";

const REASONS: Readonly<Record<string, string>> = {
  host: SENDERS_OWN,
  "content-length": SENDERS_OWN,
  expect: SENDERS_OWN,
  "transfer-encoding": HOP_BY_HOP,
  connection: HOP_BY_HOP,
  "keep-alive": HOP_BY_HOP,
  upgrade: HOP_BY_HOP,
  te: HOP_BY_HOP,
  trailer: HOP_BY_HOP,
  "http2-settings": HOP_BY_HOP,
  forwarded: PROXYS,
  via: PROXYS,
  "x-forwarded": PROXYS,
  "x-real-ip": PROXYS,
  "x-client-ip": PROXYS,
  "x-cluster-client-ip": PROXYS,
  "true-client-ip": PROXYS,
  "cf-connecting-ip": PROXYS,
  "x-original-url": REWRITING,
  "x-rewrite-url": REWRITING,
  // Becomes HTTP_PROXY in the environment of CGI programs, and leads their own requests astray (httpoxy,
  // CVE-2016-5385).
  proxy: PROXYS,
  "metadata-flavor": METADATAS,
  metadata: METADATAS,
  "x-google-metadata-request": METADATAS,
  "x-metadata-token": METADATAS,
  "x-aliyun-ecs-metadata-token": METADATAS,
  "accept-encoding": UNPACKING,
};

const PREFIXES: readonly (readonly [prefix: string, reason: string])[] = [
  ["proxy-", PROXYS],
  ["x-forwarded-", PROXYS],
  ["x-envoy-", PROXYS],
  ["x-aws-ec2-metadata-", METADATAS],
  ["x-aliyun-ecs-metadata-", METADATAS],
];

/** Why a header cannot be set by an action; null where it can. */
export function findForbiddenHeader(name: string): string | null {
  // CGI and WSGI hand programs both characters as an underscore, and some servers read a header with either
  // under the same name.
  const spelled = name.toLowerCase().replaceAll("_", "-");
  if (Object.hasOwn(REASONS, spelled)) return REASONS[spelled] ?? null;
  return PREFIXES.find(([prefix]) => spelled.startsWith(prefix))?.[1] ?? null;
}
