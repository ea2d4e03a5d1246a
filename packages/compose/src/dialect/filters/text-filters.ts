// Filters of texts. Their unit is the character, and objects and lists among their arguments are JSON.

import { print } from "../../escape/print.ts";
import { capitalize, countCharacters, pieceOf } from "../characters.ts";
import {
  charge,
  type FilterEntry,
  type FilterFunction,
  integer,
  ofSomething,
  ofTexts,
} from "./filter-entry.ts";

/** Ruby's white space between words: no-break spaces belong to their word. */
const SPACE = "[\\t-\\r ]";
const SPACES = new RegExp(`${SPACE}+`);
const LEADING_SPACES = new RegExp(`^${SPACE}+`);
const WORD_AND_SPACES = new RegExp(`([^\\t-\\r ]+)(${SPACE}*)`, "g");

function split(text: string, separator: string): string[] {
  const pieces = splitPlainly(text, separator);
  while (pieces.at(-1) === "") pieces.pop();
  return pieces;
}

/** By one space: by white space, as Ruby has it. By nothing: into characters. */
function splitPlainly(text: string, separator: string): string[] {
  if (separator === "") return [...text];
  return separator === " " ? text.replace(LEADING_SPACES, "").split(SPACES) : text.split(separator);
}

/**
 * Every occurrence of the pattern becomes the replacement; one that is empty occurs at each end and between
 * any two characters.
 */
const replace: FilterFunction = function (value, ...args) {
  const [text = "", pattern = "", replacement = ""] = [value, ...args].map(print);
  const parts = pattern === "" ? ["", ...text, ""] : text.split(pattern);
  charge(this.context, text.length + (parts.length - 1) * replacement.length);
  return parts.join(replacement);
};

function replaceAt(at: number, text: string, pattern: string, replacement: string): string {
  return at < 0 ? text : text.slice(0, at) + replacement + text.slice(at + pattern.length);
}

function truncate(text: string, length: number, ending: string): string {
  if (text.length <= length || countCharacters(text) <= length) return text;
  return pieceOf(text, 0, Math.max(0, length - countCharacters(ending))) + ending;
}

/**
 * What stands behind the last word that is kept makes the text too long, as in Ruby: also where it is white
 * space.
 */
function truncateWords(text: string, count: number, ending: string): string {
  const words: string[] = [];
  for (const [, word = "", spaces] of text.matchAll(WORD_AND_SPACES)) {
    words.push(word);
    if (words.length === count) return spaces === "" ? text : words.join(" ") + ending;
  }
  return text;
}

/** With its length, a number, first among the arguments. */
function cut(
  name: string,
  usual: number,
  least: number,
  work: (text: string, length: number, ending: string) => string,
): FilterFunction {
  return ofSomething(function (value, ...args) {
    const text = print(value);
    const ending = args.length < 2 ? "..." : print(args[1]);
    charge(this.context, text.length + ending.length);
    return work(text, Math.max(least, integer(args[0], name, usual)), ending);
  });
}

/** @throws Error where the text to add is not given. */
function adding(name: string, work: (text: string, added: string) => string): FilterFunction {
  const filter = ofTexts((text, added = "") => work(text, added));
  return function (value, ...args) {
    if (args.length !== 1) throw new Error(`${name}: takes one text to add`);
    return filter.call(this, value, ...args);
  };
}

export const TEXT_FILTERS: Readonly<Record<string, FilterEntry>> = {
  append: {
    does: "Adds text at the end.",
    takes: "text",
    failsWithMore: true,
    example: ["{{ 'a' | append: 'b' }}", "ab"],
    filter: adding("append", (text, added) => text + added),
  },
  prepend: {
    does: "Adds text at the start.",
    takes: "text",
    failsWithMore: true,
    example: ["{{ 'a' | prepend: 'b' }}", "ba"],
    filter: adding("prepend", (text, added) => added + text),
  },
  capitalize: {
    does: "First letter upper case, the rest lower.",
    example: ["{{ 'hELLO you' | capitalize }}", "Hello you"],
    filter: ofTexts(capitalize),
  },
  titlecase: {
    does: "Capitalizes every word.",
    example: ["{{ 'hello big world' | titlecase }}", "Hello Big World"],
    filter: ofTexts((text) => text.replace(/\S+/g, capitalize)),
  },
  truncate: {
    does: "At most so many characters, the ending included.",
    takes: "length?, ending?",
    example: ["{{ 'abcdef' | truncate: 5 }}", "ab..."],
    filter: cut("truncate", 50, Number.NEGATIVE_INFINITY, truncate),
  },
  truncatewords: {
    does: "At most so many words.",
    takes: "count?, ending?",
    example: ["{{ 'a b c' | truncatewords: 2 }}", "a b..."],
    filter: cut("truncatewords", 15, 1, truncateWords),
  },
  replace: {
    does: "Every occurrence becomes something else.",
    takes: "pattern, replacement?",
    example: ["{{ 'a-b-c' | replace: '-', '$&' }}", "a$&b$&c"],
    filter: replace,
  },
  replace_first: {
    does: "The first one does.",
    takes: "pattern, replacement?",
    example: ["{{ 'a-b-c' | replace_first: '-', '$&' }}", "a$&b-c"],
    filter: ofTexts((text, pattern = "", replacement = "") =>
      replaceAt(text.indexOf(pattern), text, pattern, replacement),
    ),
  },
  replace_last: {
    does: "The last one does.",
    takes: "pattern, replacement?",
    example: ["{{ 'a-b-c' | replace_last: '-', '+' }}", "a-b+c"],
    filter: ofTexts((text, pattern = "", replacement = "") =>
      replaceAt(text.lastIndexOf(pattern), text, pattern, replacement),
    ),
  },
  remove: {
    does: "Every occurrence goes.",
    takes: "pattern",
    example: ["{{ 'a-b-c' | remove: '-' }}", "abc"],
    filter: ofTexts((text, pattern = "") => text.replaceAll(pattern, "")),
  },
  remove_first: {
    does: "The first one goes.",
    takes: "pattern",
    example: ["{{ 'a-b-c' | remove_first: '-' }}", "ab-c"],
    filter: ofTexts((text, pattern = "") => replaceAt(text.indexOf(pattern), text, pattern, "")),
  },
  remove_last: {
    does: "The last one goes.",
    takes: "pattern",
    example: ["{{ 'a-b-c' | remove_last: '-' }}", "a-bc"],
    filter: ofTexts((text, pattern = "") => replaceAt(text.lastIndexOf(pattern), text, pattern, "")),
  },
  split: {
    does: "A list of the pieces; by one space, of the words; by an empty text, of the characters.",
    takes: "separator",
    example: ["{{ 'a,b' | split: ',' | size }}", "2"],
    filter: ofTexts((text, separator = "") => split(text, separator)),
  },
};
