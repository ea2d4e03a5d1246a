// Two scripts as one step, of which the second is a consequence of the first.

import type { Script } from "./transact.ts";

/**
 * The second is carried out where the first replies with a list that begins with 1; the reply is the first
 * one's. Undefined: there is no second.
 */
export function chainScripts(first: Script, second: Script | undefined): Script {
  if (second === undefined) return first;
  const [[size, ...one], [sizeOfSecond, ...other]] = [first.all, second.all];
  const values = one.length - size;
  const lua = `
local function part(list, from, to)
  local found = {}
  for i = from, to do found[#found + 1] = list[i] end
  return found
end
local function first(KEYS, ARGV)
${first.lua}
end
local function second(KEYS, ARGV)
${second.lua}
end
local reply = first(part(KEYS, 1, ${size}), part(ARGV, 2, ARGV[1] + 1))
if reply[1] == 1 then second(part(KEYS, ${size + 1}, #KEYS), part(ARGV, ARGV[1] + 2, #ARGV)) end
return reply
`;
  const names = [...one.slice(0, size), ...other.slice(0, sizeOfSecond)];
  return {
    lua,
    all: [names.length, ...names, values, ...one.slice(size), ...other.slice(sizeOfSecond)],
  };
}
