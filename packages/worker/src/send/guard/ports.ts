// Ports whose servers speak other protocols: an HTTP request there is at best noise and at worst commands.
// Pure data. Source: the WHATWG Fetch standard's list of bad ports
// (https://fetch.spec.whatwg.org/#port-blocking), by which browsers go, and the line protocols of databases,
// brokers and remote control, which browsers do not meet.

const FETCH_BAD_PORTS = [
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
  109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
  526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
  3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080,
];

/**
 * SMB, syslog over TLS, SQL Server, Oracle, MQTT (plain, TLS), MySQL, RDP, Subversion, PostgreSQL, AMQP (TLS,
 * plain), VNC, Redis (plain, Sentinel, cluster bus), Cassandra, Kafka, memcached, MongoDB.
 */
const LINE_PROTOCOLS = [
  445, 6514, 1433, 1521, 1883, 8883, 3306, 3389, 3690, 5432, 5671, 5672, 5900, 6379, 26_379, 16_379, 9042,
  9092, 11_211, 27_017,
];

/** Port 0 is none. */
export const OTHER_PROTOCOLS: ReadonlySet<number> = new Set([0, ...FETCH_BAD_PORTS, ...LINE_PROTOCOLS]);
