// Destinations as this process meets them: which need a lane of their own, where a composed delivery belongs, and what is reported to
// all workers about those in trouble.

import { type Action, parseActionRef } from "@postrider/shared/action";
import type { LaneDirectory } from "@postrider/shared/lane-directory";
import { isOwnLane, ownLaneName } from "@postrider/shared/lanes";
import { bringsLimits, limitsOf, type OwnLane, withActionLimits } from "@postrider/shared/own-lane";
import type { Claimed, Finding } from "../attempt.ts";
import { allowedPerSecond } from "./allowance.ts";
import type { CircuitSettings } from "./circuit.ts";
import { judgeDestination, judgePause, newDestinationLane } from "./judge.ts";
import type { Met } from "./tally.ts";
import type { Traffic } from "./traffic.ts";
import type { Trouble } from "./trouble.ts";

/** Reported in one tick; the rest in the next ones, those first that have waited longest. */
const REPORTS_MAX = 100;
/** Where nothing was met, a pace or a circuit has nothing to learn but that time passes. */
const QUIET_REPORT_MS = 1_000;
/** Of destinations that are not in trouble but were lately: their successes belong to the picture. */
const WATCHED_MS = 60_000;
/** Destinations whose latest counts a process keeps; beyond it the oldest go. */
const WATCHED_MAX = 10_000;

export interface DestinationsOptions {
  readonly directory: LaneDirectory;
  readonly trouble: Trouble;
  readonly traffic: Traffic;
  readonly sharedLanes: readonly string[];
  readonly circuit: CircuitSettings;
  readonly now: () => number;
}

export interface Destinations {
  /** The own lane in which a composed delivery has to wait its turn; null: it may be sent from where it is. */
  findLane(claimed: Claimed, origin: string, action: Action): OwnLane | null | Promise<OwnLane | null>;
  /** An exchange begins; what is given back is called with what came of it. */
  begin(claimed: Claimed, origin: string): (finding: Finding) => void;
  /** Reports what was met since the last call, and lets probes through whose time has come. */
  report(): Promise<void>;
}

interface Watched {
  accepted: number;
  failed: number;
  limited: number;
  allowance: number | null;
  troubledAt: number;
  reportedAt: number;
}

export function createDestinations(options: DestinationsOptions): Destinations {
  const { directory, traffic, now } = options;
  const watched = new Map<string, Watched>();
  const promoting = new Set<string>();

  const watch = (origin: string): Watched => {
    const known = watched.get(origin);
    if (known !== undefined) return known;
    const made = {
      accepted: 0,
      failed: 0,
      limited: 0,
      allowance: null,
      troubledAt: Number.NEGATIVE_INFINITY,
      reportedAt: Number.NEGATIVE_INFINITY,
    };
    watched.set(origin, made);
    const [oldest] = watched.keys();
    if (watched.size > WATCHED_MAX && oldest !== undefined) watched.delete(oldest);
    return made;
  };
  const promote = (origin: string): void => {
    if (promoting.has(origin)) return;
    promoting.add(origin);
    const change = (entry?: OwnLane): OwnLane => {
      const { isClosing: _, ...rest } = entry ?? newDestinationLane(origin, directory.now());
      return { ...rest, troubledAt: directory.now() };
    };
    void directory
      .update(ownLaneName("destination", origin), change)
      // Redis is away: the next exchange asks again.
      .catch(() => undefined)
      .finally(() => promoting.delete(origin));
  };

  return {
    findLane: (claimed, origin, action) => findLane(claimed, origin, action, directory),
    begin(claimed, origin) {
      const { lane } = claimed;
      traffic.begin(lane, origin);
      if (!isOwnLane(lane) && traffic.isCrowding(lane, origin)) promote(origin);
      const startedAt = directory.now();
      return (finding) => {
        traffic.end(lane, origin);
        const entry = directory.get(ownLaneName("destination", origin));
        // What began before the circuit changed says nothing about the state that it has now.
        if (entry?.circuit !== undefined && startedAt < entry.circuit.since) return;
        note(watch(origin), finding, now());
      };
    },
    async report() {
      for (const lane of options.sharedLanes) {
        const origin = traffic.findJam(lane);
        if (origin !== null && directory.get(ownLaneName("destination", origin)) === undefined)
          promote(origin);
      }
      await letProbesThrough(options);
      const due = [...watched].filter(([origin, met]) => isDue(origin, met, options)).slice(0, REPORTS_MAX);
      for (const [origin, met] of due) {
        met.reportedAt = now();
        watched.delete(origin);
        watched.set(origin, met);
      }
      await Promise.all(due.map(([origin, met]) => reportOne(origin, met, options)));
      for (const [origin, met] of watched) {
        const isKept = isLearning(directory.get(ownLaneName("destination", origin)));
        if (now() - met.troubledAt > WATCHED_MS && !isKept) watched.delete(origin);
      }
    },
  };
}

/** A run's own lane is apart already: only limits, pauses and circuits make its deliveries wait with all others of their destination. */
function findLane(
  { lane, delivery }: Claimed,
  origin: string,
  { id, limits }: Action,
  directory: LaneDirectory,
): OwnLane | null | Promise<OwnLane | null> {
  const name = ownLaneName("destination", origin);
  const version = { id, version: parseActionRef(delivery.action)?.version ?? 0 };
  const choose = (entry: OwnLane | undefined): OwnLane | null => {
    if (lane === name || entry === undefined || entry.isClosing === true) return null;
    return isOwnLane(lane) && !isRestricted(entry) ? null : entry;
  };
  const entry = directory.get(name);
  if (!bringsLimits(entry, version, limits)) return choose(entry);
  return directory
    .update(name, (known) =>
      bringsLimits(known, version, limits)
        ? withActionLimits(known ?? newDestinationLane(origin, directory.now()), version, limits)
        : undefined,
    )
    .then(choose);
}

function isRestricted(entry: OwnLane): boolean {
  const { isPaused, circuit, pace } = entry;
  return (
    isPaused === true ||
    circuit !== undefined ||
    pace !== undefined ||
    Object.keys(limitsOf(entry)).length > 0
  );
}

/** Statuses by which a destination says that it is in trouble, not that the request is wrong. */
const FAILING: ReadonlySet<number> = new Set([408, 502, 503, 504, 529]);
/** Faults that are ours, or say nothing about the destination. */
const NOT_ITS_FAULT: ReadonlySet<string> = new Set(["proxy"]);

function note(watched: Watched, finding: Finding, at: number): void {
  if (finding.kind === "fault") {
    if (NOT_ITS_FAULT.has(finding.code)) return;
    watched.failed += 1;
    watched.troubledAt = at;
  } else if (finding.kind === "reply") {
    if (finding.status === 429) {
      watched.limited += 1;
      watched.allowance = allowedPerSecond(finding.headers);
      watched.troubledAt = at;
    } else if (FAILING.has(finding.status)) {
      watched.failed += 1;
      watched.troubledAt = at;
    } else {
      watched.accepted += 1;
    }
  }
}

function isDue(origin: string, met: Watched, { directory, now }: DestinationsOptions): boolean {
  if (met.failed + met.limited > 0) return true;
  const entry = directory.get(ownLaneName("destination", origin));
  if (met.accepted > 0) return isLearning(entry) || now() - met.troubledAt < WATCHED_MS;
  return isLearning(entry) && now() - met.reportedAt >= QUIET_REPORT_MS;
}

function isLearning(entry: OwnLane | undefined): boolean {
  return entry?.circuit !== undefined || entry?.pace !== undefined;
}

async function reportOne(origin: string, met: Watched, options: DestinationsOptions): Promise<void> {
  const { trouble, directory, circuit } = options;
  const lane = ownLaneName("destination", origin);
  const counted: Met = { accepted: met.accepted, failed: met.failed, limited: met.limited };
  met.accepted = 0;
  met.failed = 0;
  met.limited = 0;
  const { now, tally } = await trouble.count(lane, counted);
  const evidence = {
    tally,
    allowance: met.allowance === null ? null : { perSecond: met.allowance },
  };
  const judge = (entry?: OwnLane): OwnLane | undefined =>
    judgeDestination(entry, origin, evidence, now, circuit);
  const known = directory.get(lane);
  if (judge(known) === undefined) return;
  const saved = await directory.update(lane, judge);
  if (saved?.circuit?.since !== known?.circuit?.since) await trouble.forget(lane);
}

async function letProbesThrough({ directory, trouble }: DestinationsOptions): Promise<void> {
  for (const entry of directory.all()) {
    if (judgePause(entry, directory.now()) === undefined) continue;
    // Before the state changes: the first probe's answer must not be forgotten with the failures.
    await trouble.forget(entry.lane);
    await directory.update(entry.lane, (current) => judgePause(current, directory.now()));
  }
}
