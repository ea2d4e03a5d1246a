// Files that people write: actions in YAML or JSON, a customer, an event or other values in JSON.

import { readFile } from "node:fs/promises";
import {
  type Customer,
  type EventData,
  parseCustomer,
  parseValues,
  type Values,
} from "@postrider/shared/delivery";
import type { ErrorCode } from "@postrider/shared/error-codes";
import { describeProblems, PostriderError, type Problem } from "@postrider/shared/errors";
import { parseExact } from "@postrider/shared/exact-json";

/** One action document, and where it stands. */
export interface ActionDocument {
  /** The file's name, with the document's number where it holds several. */
  readonly source: string;
  readonly document: unknown;
}

/**
 * The action documents of a file: YAML (several separated by `---`, or a list) or JSON.
 * @returns the documents that can be read, and what is wrong with the others.
 * @throws `file_unreadable`.
 */
export async function readActionDocuments(
  path: string,
): Promise<{ documents: ActionDocument[]; problems: Problem[] }> {
  const { documents: read, problems } = await readYaml(path);
  // A document may be a list of them.
  const documents = read.flat().filter((document) => document !== null);
  if (documents.length === 0 && problems.length === 0)
    problems.push({ field: path, message: "holds no action" });
  return {
    documents: documents.map((document, index) => ({
      source: documents.length === 1 ? path : `${path} #${index + 1}`,
      document,
    })),
    problems,
  };
}

/**
 * The one document of a YAML or JSON file, such as a configuration.
 * @throws `code`, with every problem, where there is none, or more than one.
 */
export async function readDocument(path: string, code: ErrorCode): Promise<unknown> {
  const { documents, problems } = await readYaml(path);
  const [document, ...others] = documents;
  if (problems.length === 0 && document !== undefined && others.length === 0) return document;
  if (problems.length === 0)
    problems.push({ field: path, message: `holds ${documents.length} documents; it must hold one` });
  throw new PostriderError(code, describeProblems(problems), { problems });
}

/** The documents of a file that can be read, and what is wrong with the others. */
async function readYaml(path: string): Promise<{ documents: unknown[]; problems: Problem[] }> {
  // Few commands read files: the others need not load what reads YAML.
  const { LineCounter, parseAllDocuments } = await import("yaml");
  const lines = new LineCounter();
  // Not the pretty errors: they repeat the line, and with it any credential in it.
  const options = { intAsBigInt: true, prettyErrors: false, lineCounter: lines };
  const parsed = parseAllDocuments(await readTextFile(path), options);
  const all = Array.isArray(parsed) ? parsed : [];
  const problems: Problem[] = all.flatMap(({ errors }) =>
    errors.map(({ message, pos }) => {
      const { line, col } = lines.linePos(pos[0]);
      return { field: path, message, line, column: col };
    }),
  );
  const documents = all
    .filter(({ errors }) => errors.length === 0)
    .flatMap((document) => {
      try {
        return [document.toJS({ reviver: (_, value: unknown) => toNumber(value) }) as unknown];
      } catch (error) {
        // Such as aliases of aliases that would fill the memory.
        problems.push({ field: path, message: (error as Error).message });
        return [];
      }
    })
    .filter((document) => document !== null);
  return { documents, problems };
}

/** Integers that a double holds are numbers; others keep their digits, as they do in customers' data. */
function toNumber(value: unknown): unknown {
  return typeof value === "bigint" && String(Number(value)) === String(value) ? Number(value) : value;
}

/** Whether a command's argument names a file rather than a saved action. */
export function isActionFile(argument: string): boolean {
  return /\.(ya?ml|json)(#.*)?$/i.test(argument) || argument.includes("/");
}

/** @throws `customer_invalid`, `file_unreadable`. */
export async function readCustomer(path: string): Promise<Customer> {
  const text = await readTextFile(path);
  const value = parseJson(text, path, "customer_invalid", adviseOnSeveral(path, text));
  if (!Array.isArray(value)) return parseCustomer(value);
  throw new PostriderError(
    "customer_invalid",
    `${path}: holds a list, and one customer is wanted: jq '.[0]' ${path} > customer.json takes the first`,
  );
}

/** Whoever has a file of customers, one a line, means one of them. Nothing where it is no such file. */
function adviseOnSeveral(path: string, text: string): string {
  const lines = text.split("\n", 3).filter((line) => line.trim() !== "");
  const isSeveral = lines.length > 1 && lines.every((line) => /^\s*\{.*\}\s*$/.test(line));
  if (!isSeveral) return "";
  return `; it holds several customers, one a line, and one is wanted: head -1 ${path} > customer.json takes the first`;
}

/** @throws `delivery_invalid` when it is no JSON object. */
export async function readEvent(path: string): Promise<EventData> {
  return readObject(path, "an event");
}

/** Values beside customer and event: `event_name`, `trigger`, `journey`, … @throws `delivery_invalid`. */
export async function readValues(path: string): Promise<Values> {
  return parseValues(await readObject(path, "the values"));
}

/** Snippets by name. @throws `delivery_invalid`. */
export async function readSnippets(path: string): Promise<Record<string, string>> {
  const snippets = await readObject(path, "snippets");
  const bad = Object.keys(snippets).find((name) => typeof snippets[name] !== "string");
  if (bad !== undefined)
    throw new PostriderError("delivery_invalid", `${path}: the snippet ${bad} must be a text`);
  return snippets as Record<string, string>;
}

async function readObject(path: string, what: string): Promise<Record<string, unknown>> {
  const value = await readJson(path, "delivery_invalid");
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new PostriderError("delivery_invalid", `${path}: ${what} must be a JSON object`);
}

async function readJson(path: string, code: ErrorCode): Promise<unknown> {
  return parseJson(await readTextFile(path), path, code);
}

function parseJson(text: string, path: string, code: ErrorCode, advice = ""): unknown {
  try {
    return parseExact(text);
  } catch (error) {
    throw new PostriderError(code, `${path}: is not JSON: ${(error as Error).message}${advice}`, {
      cause: error,
    });
  }
}

const WHY_UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "you may not read it",
  EISDIR: "it is a directory",
};

/**
 * The text of a file that was named on the command line.
 * @throws `file_unreadable`, which is a mistake in the command line wherever it happens.
 */
export async function readTextFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new PostriderError("file_unreadable", `${path}: ${WHY_UNREADABLE[code] ?? message}`, {
      cause: error,
    });
  }
}
