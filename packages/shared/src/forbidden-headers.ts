// The headers that no action can set, and why: what belongs to the connection, to the sender, to a proxy, or opens a cloud's
// metadata service. Refused when an action is saved, so that nobody finds out at the receiver.

const SENDERS_OWN = "is set by Postrider itself and cannot be given here";
/** RFC 9110 section 7.6.1: these speak of the connection, and whoever sets them can make two servers disagree where a request ends. */
const HOP_BY_HOP = "belongs to the connection (RFC 9110, 7.6.1), which Postrider alone manages";
const PROXYS = "is for proxies on the way, and would tell a receiver a false origin of the request";
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
  "x-real-ip": PROXYS,
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
  ["x-aws-ec2-metadata-", METADATAS],
  ["x-aliyun-ecs-metadata-", METADATAS],
];

/** Why a header cannot be set by an action; null where it can. */
export function findForbiddenHeader(name: string): string | null {
  const lower = name.toLowerCase();
  if (Object.hasOwn(REASONS, lower)) return REASONS[lower] ?? null;
  return PREFIXES.find(([prefix]) => lower.startsWith(prefix))?.[1] ?? null;
}
