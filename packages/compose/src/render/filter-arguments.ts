// Arguments of filters that nothing comes of: too few, so that the filter has nothing to work with or fails
// each delivery, or more than it takes, which it does not hear. Found in the templates, with what to write.

import type { Problem } from "@postrider/shared/errors";
import { holdsCredential } from "@postrider/shared/mask";
import { suggest } from "@postrider/shared/suggest";
import { type Template as Node, Value } from "liquidjs";
import type { CompiledAction } from "../compile.ts";
import { isNamed, type Takes, takesOf } from "../dialect/filters/takes.ts";
import { show } from "./advice.ts";
import {
  createLocator,
  type Expression,
  everyNode,
  expressionsOf,
  type Filter,
  maskTexts,
  type Operand,
  toArgument,
} from "./operands.ts";

export interface Fault {
  /** Whether it is refused, instead of told. */
  readonly isFatal: boolean;
  readonly problem: Problem;
}

/** What an action cannot be saved with. */
export function findLackingArguments(compiled: CompiledAction): Problem[] {
  return faultsOf(compiled).flatMap(({ isFatal, problem }) => (isFatal ? [problem] : []));
}

/** What is passed over, in the order of the fields. */
export function findIgnoredArguments(compiled: CompiledAction): Problem[] {
  return faultsOf(compiled).flatMap(({ isFatal, problem }) =>
    isFatal ? [] : [{ ...problem, code: "argument_ignored" }],
  );
}

function faultsOf({ action, fields, credentialFields }: CompiledAction): Fault[] {
  return [
    ...fields.flatMap(({ field, template }) =>
      findFaults(template.nodes, field, holdsCredential(field, action)),
    ),
    ...credentialFields.flatMap(({ field, template }) => findFaults(template.nodes, field, true)),
  ];
}

/** Those of nodes. `field` names where they stand, `isSecret` whether their texts may be credentials. */
export function findFaults(nodes: readonly Node[], field: string, isSecret = false): Fault[] {
  const locate = createLocator();
  return [...everyNode(nodes)].flatMap((node) =>
    filtersIn(expressionsOf(node)).flatMap((filter) =>
      complaintsOf(filter, isSecret).map(({ isFatal, message, at }) => {
        const { token } = node;
        // What stands in a text of its own has no place in the template.
        const place = locate(at?.input === token.input ? at : token);
        return { isFatal, problem: { field: token.file ?? field, ...place, message } };
      }),
    ),
  );
}

/** With those of expressions over an item, which stand in texts. */
function filtersIn(expressions: readonly Expression[]): Filter[] {
  return expressions.flatMap(({ filters }) =>
    filters.flatMap((filter) => {
      const text = filter.name.endsWith("_exp") ? (filter.args[1] as Operand | undefined)?.content : null;
      if (typeof text !== "string") return [filter];
      return [filter, ...filtersIn([new Value(text, filter.liquid) as unknown as Expression])];
    }),
  );
}

interface Complaint {
  readonly isFatal: boolean;
  readonly message: string;
  readonly at?: Operand | undefined;
}

function complaintsOf(filter: Filter, isSecret: boolean): Complaint[] {
  const { name, args } = filter;
  const takes = takesOf(name);
  // `cycle` alone lets one pass that there is not.
  if (takes === null) return [{ isFatal: true, message: `undefined filter: ${name}` }];
  const fatal = complainOfCount(filter, takes);
  if (fatal !== null) return [fatal];
  const { places, names } = takes;
  const surplus = args.filter((arg) => !isNamed(arg)).slice(places.length);
  const unknown = args.filter((arg) => isNamed(arg) && !names.includes(arg[0]));
  return [...surplus, ...unknown].map((arg) => ({
    isFatal: false,
    message: `${name} ${limitOf(takes, arg)}, so ${showArgument(arg, isSecret)} is ignored; ${adviseOn(name, takes, arg)}`,
    at: toArgument(arg),
  }));
}

function complainOfCount({ name, args }: Filter, takes: Takes): Complaint | null {
  const { places, least, failsWithMore } = takes;
  const placed = args.filter((arg) => !isNamed(arg));
  const lacking = places.slice(placed.length, least);
  if (lacking.length > 0)
    return {
      isFatal: true,
      message: `${name} lacks its ${lacking.join(" and ")}; write ${usageOf(name, takes)}`,
    };
  if (!failsWithMore || placed.length <= places.length) return null;
  const message = `${name} takes one ${places[0]}, and fails with more; write | ${usageOf(name, takes)} for each`;
  return { isFatal: true, message, at: toArgument(placed[places.length]) };
}

type Argument = Filter["args"][number];

function limitOf({ places, names }: Takes, arg: Argument): string {
  if (places.length + names.length === 0) return "takes no argument";
  return isNamed(arg) ? `knows no ${arg[0]}:` : `takes no more than ${places.join(" and ")}`;
}

/** A name that nobody knows is one mistyped, or one for what has a place. */
function adviseOn(name: string, takes: Takes, arg: Argument): string {
  const { places, names } = takes;
  if (!isNamed(arg) || places.length + names.length === 0) return "leave it out";
  const meant = suggest(arg[0], names);
  return meant === null ? `write ${usageOf(name, takes)}` : `did you mean ${meant}:?`;
}

/** How it is written with all that it takes by its places. */
function usageOf(name: string, { places }: Takes): string {
  return `${name}: ${places.join(", ")}`;
}

function showArgument(arg: Argument, isSecret: boolean): string {
  const { input = "", begin = 0, end = begin } = toArgument(arg) ?? {};
  const text = `${isNamed(arg) ? `${arg[0]}: ` : ""}${input.slice(begin, end)}`;
  return show(isSecret ? maskTexts(text) : text);
}
