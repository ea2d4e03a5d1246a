// The loop of `postrider top`: looks, draws, and does what keys ask for, until it is told to stop.

import { PostriderError } from "@postrider/shared/errors";
import type { Context } from "../context.ts";
import type { Service } from "../service.ts";
import { FIRST_VIEW, type Order, press, type View } from "./control.ts";
import { toFrame } from "./frame.ts";
import type { Looks } from "./look-again.ts";
import { takeScreen } from "./screen.ts";
import type { Sight } from "./sight.ts";

/** How often what is shown of an outage is drawn anew. */
const TICK_MS = 1_000;

export interface Watching {
  readonly service: Service;
  readonly looks: Looks;
  readonly intervalMs: number;
  readonly context: Context;
  readonly signal: AbortSignal;
}

/**
 * Shows it until q, Ctrl-C or the signal; whatever ends it, the terminal is as it was.
 * @param looks has looked once. @returns whether Ctrl-C ended it.
 */
export function watch({ service, looks, intervalMs, context, signal }: Watching): Promise<boolean> {
  const { surroundings, output } = context;
  const state: { view: View } = { view: FIRST_VIEW };
  return new Promise<boolean>((resolve, reject) => {
    let isOver = false;
    const end = (finish: () => void): void => {
      isOver = true;
      clearTimeout(timer);
      clearInterval(tick);
      signal.removeEventListener("abort", stop);
      screen.leave();
      finish();
    };
    const stop = (): void => end(() => resolve(false));
    // What is thrown out of an event would be printed on a screen that goes away with it.
    const fail = (error: unknown): void => end(() => reject(error));
    const draw = (): void => {
      try {
        screen.draw(toFrame(sightOf(looks), state.view, screen.size(), output.paint, looks.trouble()));
      } catch (error) {
        fail(error);
      }
    };
    const say = (message: string): void => {
      state.view = { ...state.view, message };
      draw();
    };
    const carryOut = (order: Order): void => {
      if (order.do === "quit") stop();
      else if (order.do === "interrupt") end(() => resolve(true));
      else if (order.do === "suspend") screen.suspend();
      else
        void change(service, order, sightOf(looks)).then(say, (error: unknown) =>
          say(error instanceof Error ? error.message : String(error)),
        );
    };
    const onKey = (key: string): void => {
      const pressed = press(state.view, key, sightOf(looks));
      state.view = pressed.view;
      if (pressed.order !== null) carryOut(pressed.order);
      draw();
    };
    const lookAgain = (): void => {
      looks.look().then(() => {
        if (isOver) return;
        draw();
        timer = setTimeout(lookAgain, intervalMs);
      }, fail);
    };
    const screen = takeScreen(surroundings, { onKey, onChange: draw });
    let timer = setTimeout(lookAgain, intervalMs);
    const tick = setInterval(draw, TICK_MS);
    signal.addEventListener("abort", stop);
    draw();
  });
}

function sightOf(looks: Looks): Sight {
  const sight = looks.sight();
  if (sight === null)
    throw new PostriderError("redis_unavailable", looks.trouble() ?? "Redis did not answer");
  return sight;
}

/** @returns what was done, as one line. */
async function change({ runs, destinations }: Service, order: Order, sight: Sight): Promise<string> {
  switch (order.do) {
    case "pause":
    case "resume":
      await (order.of === "run" ? runs : destinations)[order.do](order.id);
      return `${order.id} ${order.do}d`;
    case "cancel":
      await runs.cancel(order.id);
      return `${order.id} cancelled`;
    case "limit":
      return limit(destinations, order.id, order.perSecond, sight);
    default:
      return "";
  }
}

async function limit(
  destinations: Service["destinations"],
  origin: string,
  ratePerSecond: number | null,
  { overview }: Sight,
): Promise<string> {
  if (ratePerSecond === null) {
    await destinations.limit(origin, null);
    return `the limits of ${origin} that were set by a person are taken back`;
  }
  // Only the rate is asked for: a concurrency stays as it is.
  const { concurrency = null } = overview.destinations.find((one) => one.origin === origin) ?? {};
  await destinations.limit(origin, { ratePerSecond, ...(concurrency !== null && { concurrency }) });
  return `${origin} is limited to ${ratePerSecond} requests a second`;
}
