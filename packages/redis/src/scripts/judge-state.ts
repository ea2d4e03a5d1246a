// JUDGE: a state that a duty judges, such as a failing action, begins or ends, and is told in the same step:
// once each, whoever judges and however often.

import { type NewEvent, toTold } from "@postrider/shared/operator-event";
import type { Shard } from "../shard.ts";
import { TELL_EVENT } from "./tell-fragments.ts";

/**
 * Input: KEYS states, events, totals; ARGV the state's field, 1 if it stands now, the event's id and data.
 * Output: 1 when that is news.
 */
const JUDGE = `${TELL_EVENT}
local stood = redis.call("HEXISTS", KEYS[1], ARGV[1]) == 1
if stood == (ARGV[2] == "1") then return 0 end
if stood then redis.call("HDEL", KEYS[1], ARGV[1]) else redis.call("HSET", KEYS[1], ARGV[1], redis.call("TIME")[1]) end
tellEvent(KEYS[2], KEYS[3], ARGV[3], ARGV[4])
return 1
`;

/** A state by the type of the event with which it begins, and what is in it. */
export interface State {
  readonly type: NewEvent["type"];
  readonly of: string;
}

const toField = ({ type, of }: State): string => `${type} ${of}`;

/** The states that stand. */
export async function readStates({ redis, keys }: Shard): Promise<State[]> {
  const fields = await redis.hkeys(keys.eventStates());
  return fields.map((field) => {
    const blank = field.indexOf(" ");
    return { type: field.slice(0, blank) as State["type"], of: field.slice(blank + 1) };
  });
}

/** @param event that tells the state's beginning, or its end. @returns whether that is news. */
export async function judgeState(
  { redis, keys }: Shard,
  state: State,
  stands: boolean,
  event: NewEvent,
): Promise<boolean> {
  const names = [keys.eventStates(), keys.events(), keys.totals()];
  const values = [toField(state), stands ? 1 : 0, ...toTold(event)];
  return (await redis.eval(JUDGE, names.length, ...names, ...values)) === 1;
}
