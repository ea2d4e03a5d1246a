// Keeps as many deliveries of one lane in flight as it has slots: claims for all slots that have become free
// in one turn of the event loop together, sleeps while nothing waits, holds the claims of what takes long,
// and puts back what has lost its worker.

import { randomBytes } from "node:crypto";
import type { HeldClaim, LaneClaims } from "@postrider/redis/lane-claims";
import { repeat } from "@postrider/redis/periodic";
import type { ClaimedJob, ClaimedJobs } from "@postrider/redis/scripts/claim-waiting";
import type { Logger } from "@postrider/shared/log";
import { createSleeper } from "@postrider/shared/sleeper";

/** Keeps one script under a millisecond or so. */
const GROUP_MAX = 50;
/** How soon it looks again where nothing has woken it: whoever took the wake-up may have died since. */
const LOOK_MS = 5_000;
/** However far off the next one is due: a connection that blocks for longer may be dead by then. */
const WAIT_MS_MAX = 10_000;
/** While a rate allows nothing, delayed ones become due all the same. */
const LIMITED_MS_MAX = 30_000;
/** Redis is away, or takes nothing. */
const REST_MS = 1_000;
/** How often claims are renewed while they hold. */
const RENEWALS = 4;

export interface LaneWorker {
  /** How many may be in flight. */
  slots(): number;
  /** Takes hold at once; what is in flight beyond them goes on. */
  setSlots(slots: number): void;
  /** Claims nothing for a while. */
  rest(): void;
  isClosed(): boolean;
  /** Claims nothing more; resolves when nothing is in flight any more. */
  close(): Promise<void>;
}

export interface LaneWorkerOptions {
  readonly claims: LaneClaims;
  readonly slots: number;
  readonly lockMs: number;
  readonly stalledCheckMs: number;
  /** Carries a delivery out. Throws nothing. */
  readonly handle: (job: ClaimedJob, token: string) => Promise<void>;
  /** Told of each claim that had run out. */
  readonly reclaimed: (id: string) => void;
  readonly trouble: (error: Error) => void;
  readonly log: Logger;
}

export function createLaneWorker(options: LaneWorkerOptions): LaneWorker {
  let { slots } = options;
  const { claims, handle, trouble } = options;
  /** Tells this worker's claims from all others. */
  const name = randomBytes(9).toString("base64url");
  const held = holdClaims(options);
  const waiter = createWaiter(claims, trouble);
  let tokens = 0;
  let asked = 0;
  let isEmpty = false;
  let isPlanned = false;
  let isClosed = false;
  let finished: () => void = () => undefined;

  const plan = (): void => {
    if (isPlanned) return;
    isPlanned = true;
    setImmediate(fill);
  };
  const rest = createRest(plan);
  const fill = (): void => {
    isPlanned = false;
    const room = Math.min(GROUP_MAX, slots - held.count() - asked);
    if (isClosed || isEmpty || room <= 0 || rest.isOn()) return;
    void claim(room);
  };
  const claim = async (room: number): Promise<void> => {
    const group = Array.from({ length: room }, () => `${name}:${(tokens++).toString(36)}`);
    asked += room;
    try {
      const now = Date.now();
      const claimed = await claims.claim(group, now);
      asked -= room;
      for (const [index, job] of claimed.jobs.entries()) void carryOut(job, group[index] ?? "", now);
      goOn(claimed, room);
    } catch (error) {
      asked -= room;
      rest.begin(REST_MS);
      if (!isClosed) trouble(error as Error);
    }
    leaveIfDone();
  };
  /** What an answer means for the next claim. */
  const goOn = ({ jobs, limitedMs, nextDueAt, isFull }: ClaimedJobs, room: number): void => {
    if (jobs.length === room) plan();
    else if (limitedMs > 0) rest.begin(Math.min(limitedMs, LIMITED_MS_MAX));
    else {
      // Where a limit is reached, the end of one in flight makes room; nobody else would say so.
      isEmpty = !isFull;
      waiter.wait(nextDueAt, () => {
        isEmpty = false;
        plan();
      });
    }
  };
  const carryOut = async (job: ClaimedJob, token: string, since: number): Promise<void> => {
    held.add({ id: job.id, token, since });
    await handle(job, token);
    held.remove(token);
    plan();
    leaveIfDone();
  };
  const leaveIfDone = (): void => {
    if (isClosed && held.count() + asked === 0) finished();
  };
  plan();

  return {
    slots: () => slots,
    setSlots(next) {
      slots = next;
      plan();
    },
    rest: () => rest.begin(REST_MS),
    isClosed: () => isClosed,
    async close() {
      isClosed = true;
      rest.end();
      await waiter.stop();
      if (held.count() + asked > 0) await new Promise<void>((resolve) => (finished = resolve));
      held.stop();
      await claims.close();
    },
  };
}

/** A time in which nothing is claimed; `over` is called at its end. */
function createRest(over: () => void) {
  let until = 0;
  let timer: NodeJS.Timeout | undefined;
  return {
    isOn: (): boolean => Date.now() < until,
    /** The longer one counts. */
    begin(ms: number): void {
      until = Math.max(until, Date.now() + ms);
      clearTimeout(timer);
      timer = setTimeout(over, until - Date.now());
    },
    end: (): void => clearTimeout(timer),
  };
}

interface Held extends HeldClaim {
  /** Unix ms when it was claimed, or renewed last. */
  since: number;
}

/** What is in flight: its claims are renewed, and those that nobody renews any more are put back. */
function holdClaims({ claims, lockMs, stalledCheckMs, reclaimed, trouble, log }: LaneWorkerOptions) {
  const held = new Map<string, Held>();
  const renew = async (): Promise<void> => {
    const now = Date.now();
    const old = [...held.values()].filter(({ since }) => since + lockMs / RENEWALS < now);
    if (old.length === 0) return;
    for (const one of old) one.since = now;
    for (const id of await claims.renew(old)) trouble(new Error(`could not renew the claim of ${id}`));
  };
  const putBack = async (): Promise<void> => {
    for (const id of await claims.putBackLost()) reclaimed(id);
  };
  const duties = [
    repeat("renew", lockMs / RENEWALS, renew, log),
    repeat("put back", stalledCheckMs, putBack, log),
  ];
  return {
    add: (claim: Held): void => void held.set(claim.token, claim),
    remove: (token: string): void => void held.delete(token),
    count: (): number => held.size,
    /** Nobody waits for what is under way: Redis may be away. */
    stop(): void {
      for (const duty of duties) void duty.stop();
    },
  };
}

/** How long after a failure it is waited anew. */
const RETRY_MS = 100;

/** Waits for something to claim, one wait at a time. */
function createWaiter(claims: LaneClaims, trouble: (error: Error) => void) {
  const sleeper = createSleeper();
  let isWaiting = false;
  let isStopped = false;
  const heal = async (error: Error): Promise<void> => {
    if (isStopped) return;
    trouble(error);
    await claims.restartWaiting().catch(trouble);
    await sleeper.sleep(RETRY_MS);
  };
  /** @returns until when there is nothing, as far as is known. */
  const once = async (dueAt: number): Promise<number> => {
    const forMs = dueAt === 0 ? LOOK_MS : Math.min(WAIT_MS_MAX, dueAt - Date.now());
    if (forMs < 1) return 0;
    try {
      const from = (await claims.waitForMore(forMs)) ?? 0;
      // What it was woken for may be due later than what it waits for.
      return dueAt === 0 ? from : Math.min(from, dueAt);
    } catch (error) {
      await heal(error as Error);
      return 0;
    }
  };
  const wait = async (nextDueAt: number, then: () => void): Promise<void> => {
    isWaiting = true;
    let dueAt = nextDueAt;
    do dueAt = await once(dueAt);
    while (dueAt > Date.now() && !isStopped);
    isWaiting = false;
    if (!isStopped) then();
  };
  return {
    /** Calls `then` when there may be something. @param nextDueAt Unix ms when at the latest; 0: unknown. */
    wait(nextDueAt: number, then: () => void): void {
      if (!isWaiting && !isStopped) void wait(nextDueAt, then);
    },
    async stop(): Promise<void> {
      isStopped = true;
      sleeper.interrupt();
      if (isWaiting) await claims.stopWaiting();
    },
  };
}
