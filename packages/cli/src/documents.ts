// Files that people write: actions in YAML or JSON, a customer or an event in JSON.

import { readFile } from "node:fs/promises";
import { type Action, parseAction } from "@postrider/shared/action";
import { type Customer, type EventData, parseCustomer } from "@postrider/shared/delivery";
import { PostriderError } from "@postrider/shared/errors";
import { parseExact } from "@postrider/shared/exact-json";
import { parseAllDocuments } from "yaml";

/** The action documents of a file (YAML, several separated by `---`, or JSON). @throws `action_invalid`. */
export async function readActionDocuments(path: string): Promise<unknown[]> {
  const documents = parseAllDocuments(await readText(path, "action_invalid"));
  if (!Array.isArray(documents) || documents.length === 0)
    throw new PostriderError("action_invalid", `${path}: holds no action`);
  return documents.map((document) => {
    const [error] = document.errors;
    if (error !== undefined)
      throw new PostriderError("action_invalid", `${path}: ${error.message}`, { cause: error });
    try {
      return document.toJS() as unknown;
    } catch (cause) {
      // Such as aliases of aliases that would fill the memory.
      throw new PostriderError("action_invalid", `${path}: ${(cause as Error).message}`, { cause });
    }
  });
}

/** The only action of a file. @throws `action_invalid`. */
export async function readAction(path: string): Promise<Action> {
  const documents = await readActionDocuments(path);
  if (documents.length > 1)
    throw new PostriderError(
      "action_invalid",
      `${path}: holds ${documents.length} actions; this command takes one`,
    );
  return parseAction(documents[0]);
}

/** Whether a command's argument names a file rather than a saved action. */
export function isActionFile(argument: string): boolean {
  return /\.(ya?ml|json)$/i.test(argument) || argument.includes("/");
}

/** @throws `customer_invalid`. */
export async function readCustomer(path: string): Promise<Customer> {
  return parseCustomer(await readJson(path));
}

/** @throws `customer_invalid` when it is no JSON object. */
export async function readEvent(path: string): Promise<EventData> {
  const value = await readJson(path);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as EventData;
  throw new PostriderError("customer_invalid", `${path}: an event must be a JSON object`);
}

async function readJson(path: string): Promise<unknown> {
  const text = await readText(path, "customer_invalid");
  try {
    return parseExact(text);
  } catch (error) {
    throw new PostriderError("customer_invalid", `${path}: is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

async function readText(path: string, code: "action_invalid" | "customer_invalid"): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : (error as Error).message;
    throw new PostriderError(code, `${path}: ${reason}`, { cause: error });
  }
}
