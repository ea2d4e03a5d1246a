// The curves: against what the cost of a delivery is measured, at which points, and what all of them share.
// The page of the documents is drawn from the same list.

/** What a point's deliveries are. */
export interface PointSetting {
  /** Deliveries that are enqueued, and those that are measured; where they are fewer the rest is left. */
  readonly backlog: number;
  readonly measured: number;
  readonly warmUp: number;
  /** Addresses of the receiver, each a destination. */
  readonly destinations: number;
  readonly actions: number;
  /** Of a customer, and of the request's body. */
  readonly payloadBytes: number;
  readonly inFlight: number;
  readonly latencyMs: number;
  /** Share of the requests that are answered with 500, and come again. */
  readonly failures: number;
  /** Of the destinations, so many have an own lane, since a person has set limits that they do not reach. */
  readonly limited: number;
}

export const BASE: PointSetting = {
  backlog: 20_000,
  measured: 20_000,
  warmUp: 10_000,
  destinations: 1,
  actions: 1,
  payloadBytes: 200,
  inFlight: 100,
  latencyMs: 0,
  failures: 0,
  limited: 0,
};

export interface Axis {
  readonly name: string;
  readonly title: string;
  /** What the points are numbers of. */
  readonly unit: string;
  readonly points: readonly number[];
  /** How one point's deliveries differ from BASE; absent: an idle worker is measured. */
  readonly toSetting?: (at: number) => Partial<PointSetting>;
  /** What is to be expected, and why. */
  readonly why: string;
}

/** So many deliveries that a point ends in some ten seconds where receivers are slow. */
function forSlow(inFlight: number, latencyMs: number): Partial<PointSetting> {
  const perSecond = Math.min(4_000, (inFlight * 1_000) / Math.max(1, latencyMs));
  const measured = Math.max(1_000, Math.round(perSecond * 8));
  return { backlog: measured, measured, warmUp: Math.min(BASE.warmUp, measured), inFlight, latencyMs };
}

/** Few deliveries at a time take their time, and what they cost all the same fills the kernel's ticks. */
function toMeasured(backlog: number): number {
  if (backlog === 1) return 1_000;
  return Math.max(5_000, Math.min(BASE.measured, backlog));
}

const LATENCY_OF_IN_FLIGHT_MS = 20;
const IN_FLIGHT_OF_LATENCY = 1_000;

export const AXES: readonly Axis[] = [
  {
    name: "backlog",
    title: "Backlog",
    unit: "deliveries that wait",
    points: [1, 100, 10_000, 100_000, 1_000_000],
    toSetting: (backlog) => ({ backlog, measured: toMeasured(backlog) }),
    why: "A single delivery wakes Redis and the worker by itself, and what many share of a wake-up, a command and a write it pays alone. From a backlog that fills the slots on the curve is to be flat: what waits is touched by nothing.",
  },
  {
    name: "destinations",
    title: "Destinations",
    unit: "destinations",
    points: [1, 10, 100, 1_000, 10_000],
    toSetting: (destinations) => ({ destinations }),
    why: "Each destination has sockets of its own. Where there are more destinations than requests in flight, most requests find no open socket, or open one that is soon closed for another's, and a connection costs both ends more than a request on an open one.",
  },
  {
    name: "actions",
    title: "Actions",
    unit: "actions, in turn",
    points: [1, 10, 100, 1_000, 10_000],
    toSetting: (actions) => ({ actions }),
    why: "An action is read and compiled once per process, as long as the bounded cache holds it. Where there are more actions than deliveries for each, or than the cache takes, compiling is a part of each delivery. For those who enqueue, whether each action's version still is the latest is one question more to Redis, once for all of its deliveries that are enqueued together; and charts have a row for each.",
  },
  {
    name: "payload",
    title: "Payload",
    unit: "bytes of a customer, and of its request's body",
    points: [100, 1_000, 4_000, 16_000, 64_000],
    toSetting: (payloadBytes) => ({
      payloadBytes,
      ...(payloadBytes > 10_000 && { backlog: 5_000, measured: 5_000, warmUp: 2_500 }),
    }),
    why: "The data travel through Redis twice and through the worker once, are parsed, composed, checked and sent: from some kilobytes on the cost is one per byte.",
  },
  {
    name: "in-flight",
    title: "In flight",
    unit: `requests in flight, at receivers that take ${LATENCY_OF_IN_FLIGHT_MS} ms`,
    points: [10, 100, 500, 2_000, 5_000],
    toSetting: (inFlight) => forSlow(inFlight, LATENCY_OF_IN_FLIGHT_MS),
    why: "With few in flight fewer end at the same moment, and groups of commands are small; with many, sockets and what each request holds are more than the processor's caches take.",
  },
  {
    name: "latency",
    title: "Receivers' latency",
    unit: `ms until an answer, at ${IN_FLIGHT_OF_LATENCY} in flight`,
    points: [1, 10, 100, 1_000, 5_000],
    toSetting: (latencyMs) => forSlow(IN_FLIGHT_OF_LATENCY, latencyMs),
    why: "A request that waits costs nothing but its memory and the renewal of its claim. Slow receivers mean few deliveries a second, though, so what a worker does anyway is shared by fewer. Where answers take a second, a destination that holds most of a lane's slots is given a lane of its own, so that others do not wait for it: its deliveries move there, and are claimed twice, which is most of the step between 100 ms and a second.",
  },
  {
    name: "failures",
    title: "Failing share",
    unit: "% of the requests that are answered with 500",
    points: [0, 5, 10, 25, 50],
    toSetting: (percent) => ({ failures: percent / 100, backlog: 10_000, measured: 10_000 }),
    why: "Each failed request is one more request, its record, and a wait in Redis until it is due. The cost is by delivery, so it grows with the requests that one takes, and by more, since retries come one by one.",
  },
  {
    name: "lanes",
    title: "Own lanes with work",
    unit: "destinations with an own lane",
    points: [0, 1, 10, 100, 1_000],
    toSetting: (limited) => ({
      destinations: Math.max(1, limited),
      limited,
      backlog: 10_000,
      measured: 10_000,
    }),
    why: "A delivery whose destination only its customer's data tell begins in a shared lane and moves over, which is its part of one command more, a second claim, and here its moment, since these lanes have rates. Beyond that each lane that is served has a waiting command of its own, and the more lanes the fewer deliveries are claimed at once.",
  },
  {
    name: "idle-lanes",
    title: "Own lanes with nothing to do",
    unit: "own lanes, none of which has work",
    points: [0, 10, 100, 1_000, 10_000],
    why: "What comes into a lane is noted where workers look, so that a lane with nothing to do is looked at once in ten seconds; what counts all lanes, as the audit and the figures do, comes on top of that.",
  },
];

/** What a point gives. */
export interface CurvePoint {
  readonly at: number;
  /** CPU time per delivery; of an idle worker, per second. */
  readonly nodeMicros: number;
  readonly redisMicros: number;
  /** Absent of an idle worker. */
  readonly perSecond?: number;
  /** Read and written by Redis: per delivery, or per second. */
  readonly redisBytes: number;
}

export interface CurveFigures {
  readonly circumstances: {
    readonly node: string;
    readonly redis: string;
    readonly cpu: string;
    readonly cores: number;
    readonly rounds: number;
    /** Of the deliveries that a whole run measures. */
    readonly share: number;
  };
  readonly curves: Readonly<Record<string, readonly CurvePoint[]>>;
}
