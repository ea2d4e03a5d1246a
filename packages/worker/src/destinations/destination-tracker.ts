// Destinations as this process meets them: which need a lane of their own, where a composed delivery belongs,
// and what is reported to all workers about those that fail.

import type { LaneDirectory } from "@postrider/redis/lane-directory";
import type { Action } from "@postrider/shared/action";
import { parseActionRef } from "@postrider/shared/action-ref";
import { isForMany, isOwnLane, ownLaneName } from "@postrider/shared/lanes";
import { bringsLimits, limitsOf, type OwnLane, withActionLimits } from "@postrider/shared/own-lane";
import type { Claimed, Finding } from "../attempt.ts";
import type { InFlight } from "../in-flight.ts";
import type { CircuitSettings } from "./circuit.ts";
import type { CountsBySecond } from "./counts-by-second.ts";
import { createCrowders } from "./crowders.ts";
import type { FailureWindow } from "./failure-window.ts";
import { afterPause, CONTRIBUTE_MS, newDestinationLane, nextEntry } from "./next-entry.ts";
import { createObserved, type Observed, type ObservedAt } from "./observed.ts";
import type { Scout } from "./scout.ts";

/** Reported in one tick; the rest in the next ones, those first that have waited longest. */
const REPORTS_MAX = 100;
/** Where nothing was met, an adaptive rate or a circuit has nothing to learn but that time passes. */
const QUIET_REPORT_MS = 1_000;
export interface TrackerOptions {
  readonly directory: LaneDirectory;
  readonly failures: FailureWindow;
  readonly inFlight: InFlight;
  readonly scout: Scout;
  /** Slots of a shared lane. */
  readonly concurrency: () => number;
  readonly circuit: CircuitSettings;
  readonly now: () => number;
}

export interface DestinationTracker {
  /**
   * The own lane in which a composed delivery has to wait its turn; null: it may be sent from where it is.
   */
  findLane(claimed: Claimed, origin: string, action: Action): OwnLane | null | Promise<OwnLane | null>;
  /**
   * An exchange begins; what is given back is called with what came of it. The delivery keeps its slot until
   * the promise, if there is one, is resolved: the registry has what becomes of the circuit that it probed.
   */
  begin(claimed: Claimed, origin: string): (finding: Finding) => Promise<void> | null;
  /** Reports what was met since the last call, and lets probes through whose time has come. */
  report(): Promise<void>;
}

export function createDestinationTracker(options: TrackerOptions): DestinationTracker {
  const { directory, inFlight, now } = options;
  const observed = createObserved(now, options.circuit.circuitWindowMs);
  const promoting = new Set<string>();
  const crowders = createCrowders(options);

  const promote = (origin: string): void => {
    if (promoting.has(origin)) return;
    promoting.add(origin);
    const change = (entry?: OwnLane): OwnLane => {
      const { isClosing: _, ...rest } = entry ?? newDestinationLane(origin, directory.now());
      return { ...rest, lastFailureAt: directory.now() };
    };
    void directory
      .update(ownLaneName("destination", origin), change)
      // Redis is away: the next exchange asks again.
      .catch(() => undefined)
      .finally(() => promoting.delete(origin));
  };

  const reportSeen = (origin: string, seen: ObservedAt): Promise<void> => {
    const { askedUntil } = seen;
    return reportOne(origin, { seen, askedUntil, met: observed.take(origin, seen) }, options);
  };

  return {
    findLane: (claimed, origin, action) => findLane(claimed, origin, action, options),
    begin(claimed, origin) {
      const { lane } = claimed;
      inFlight.begin(lane, origin);
      if (isForMany(lane) && inFlight.isCrowding(lane, origin)) promote(origin);
      const startedAt = directory.now();
      const startedUnder = changedAt(directory.get(lane));
      return (finding) => {
        inFlight.end(lane, origin, finding.kind === "reply" ? directory.now() - startedAt : null);
        const entry = directory.get(ownLaneName("destination", origin));
        const since = changedAt(entry);
        const isUnchanged = startedUnder === since;
        // What began before the circuit changed says nothing about the state that it has now.
        if (!isUnchanged && startedAt < since) return null;
        // Clocks that differ by some ms must not date a probe before the state that it is made in.
        const at = Math.max(directory.now(), since);
        const seen = observed.note(origin, finding, at, entry?.adaptiveRate !== undefined);
        if (seen === null || !isUnchanged || !isProbed(entry, lane)) return null;
        // Where Redis is away, the next probe tells.
        return reportSeen(origin, seen).catch(() => undefined);
      };
    },
    async report() {
      for (const origin of crowders.find()) promote(origin);
      await endPauses(options);
      const failing = await options.failures.failing();
      const due = observed
        .all()
        .filter(([, seen]) => isDue(seen, failing, options))
        .slice(0, REPORTS_MAX);
      await Promise.all(due.map(([origin, seen]) => reportSeen(origin, seen)));
      forgetQuiet(observed, options);
    },
  };
}

/**
 * Out of a lane that others share, into the lane of its destination where that has one. A run's lane with a
 * single destination is apart already: its deliveries move for limits, pauses and circuits alone.
 */
function findLane(
  { lane, delivery }: Claimed,
  origin: string,
  { id, limits }: Action,
  { directory, inFlight }: TrackerOptions,
): OwnLane | null | Promise<OwnLane | null> {
  const name = ownLaneName("destination", origin);
  const version = { id, version: parseActionRef(delivery.action)?.version ?? 0 };
  const choose = (entry: OwnLane | undefined): OwnLane | null => {
    if (lane === name || entry === undefined || entry.isClosing === true) return null;
    const isShared = !isOwnLane(lane) || (isForMany(lane) && inFlight.isMixed(lane));
    return isShared || isRestricted(entry) ? entry : null;
  };
  const entry = directory.get(name);
  const now = directory.now();
  if (!bringsLimits(entry, version, limits, now)) return choose(entry);
  return directory
    .update(name, (known) =>
      bringsLimits(known, version, limits, now)
        ? withActionLimits(known ?? newDestinationLane(origin, now), version, limits, now)
        : undefined,
    )
    .then(choose);
}

function isRestricted(entry: OwnLane): boolean {
  const { isPaused, circuit, coolsUntil, adaptiveRate } = entry;
  return (
    isPaused === true ||
    circuit !== undefined ||
    coolsUntil !== undefined ||
    adaptiveRate !== undefined ||
    Object.keys(limitsOf(entry)).length > 0
  );
}

/** What is older than a window is no part of any picture. */
function forgetQuiet(observed: Observed, { directory, circuit, now }: TrackerOptions): void {
  for (const [origin, { lane, seenAt, isFailing }] of observed.all()) {
    if (isFailing || now() - seenAt <= circuit.circuitWindowMs) continue;
    if (!hasToLearn(directory.get(lane))) observed.forget(origin);
  }
}

function isDue(seen: ObservedAt, failing: ReadonlySet<string>, { directory, now }: TrackerOptions): boolean {
  if (seen.isFailing || now() >= seen.lookAgainAt) return true;
  const { lane } = seen;
  const isLearning = hasToLearn(directory.get(lane));
  if (!seen.met.isEmpty) return isLearning || failing.has(lane);
  return isLearning && now() - seen.reportedAt >= QUIET_REPORT_MS;
}

function hasToLearn(entry: OwnLane | undefined): boolean {
  return entry?.circuit !== undefined || entry?.adaptiveRate !== undefined;
}

/** When its circuit got the state that it has, Unix ms; 0: it is closed. */
function changedAt(entry: OwnLane | undefined): number {
  return entry?.circuit?.since ?? 0;
}

/** Whether what is sent from a lane decides the circuit of a destination. */
function isProbed(entry: OwnLane | undefined, lane: string): boolean {
  return entry?.circuit?.state === "half-open" && entry.lane === lane;
}

async function reportOne(
  origin: string,
  { seen, askedUntil, met }: { seen: ObservedAt; askedUntil: number | null; met: CountsBySecond },
  options: TrackerOptions,
): Promise<void> {
  const { failures, directory, circuit } = options;
  const { lane } = seen;
  const { now, failingSince, counts } = await failures.count(lane, met);
  const isFresh = now - failingSince < CONTRIBUTE_MS;
  seen.lookAgainAt = isFresh ? options.now() + CONTRIBUTE_MS : Number.POSITIVE_INFINITY;
  if (isFresh) seen.askedUntil ??= askedUntil;
  const evidence = {
    counts,
    isFresh,
    askedUntil,
    allowance: seen.allowance === null ? null : { perSecond: seen.allowance },
  };
  const change = (entry?: OwnLane): OwnLane | undefined => nextEntry(entry, origin, evidence, now, circuit);
  const known = directory.get(lane);
  if (change(known) === undefined) return;
  const saved = await directory.update(lane, change);
  if (saved?.circuit?.since !== known?.circuit?.since) await failures.forget(lane);
}

async function endPauses({ directory, failures }: TrackerOptions): Promise<void> {
  for (const entry of directory.all()) {
    const next = afterPause(entry, directory.now());
    if (next === undefined) continue;
    // Before the state changes: the first probe's answer must not be forgotten with the failures.
    if (next.circuit !== entry.circuit) await failures.forget(entry.lane);
    await directory.update(entry.lane, (current) => afterPause(current, directory.now()));
  }
}
