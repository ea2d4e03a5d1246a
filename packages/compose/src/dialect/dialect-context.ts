// What a rendering reads its names in: liquidjs' own context, with texts measured in characters.

import { Context } from "liquidjs";
import { Encoded } from "../escape/encoded.ts";
import { countCharacters } from "./characters.ts";

/** liquidjs asks a class for how properties are read. */
export class DialectContext extends Context {
  override readProperty(given: never, name: never): unknown {
    // Whatever a text is fit for, it is a text.
    const object = ((given as unknown) instanceof Encoded ? (given as Encoded).text : given) as never;
    if (typeof object === "string" && name === "size") return countCharacters(object);
    // No text names an object or a list; JavaScript would make one of it.
    if (typeof name === "object" && name !== null) return undefined;
    return super.readProperty(object, name);
  }
}
