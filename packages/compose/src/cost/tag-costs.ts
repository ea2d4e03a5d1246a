// Which tags cost no more to render than what they evaluate and what they hold. Any other has no bound.

import {
  BreakTag,
  CaseTag,
  CommentTag,
  ContinueTag,
  IfTag,
  InlineCommentTag,
  LiquidTag,
  RawTag,
  type Template,
  UnlessTag,
} from "liquidjs";
import { isPrinting, textOf } from "../escape/places.ts";

const KNOWN_TAGS = [
  IfTag,
  UnlessTag,
  CaseTag,
  CommentTag,
  RawTag,
  LiquidTag,
  BreakTag,
  ContinueTag,
  InlineCommentTag,
];

/** Whether rendering a node costs no more than its expressions and its bodies. */
export function costsNoMoreThanItsParts(node: Template): boolean {
  return textOf(node) !== null || isPrinting(node) || KNOWN_TAGS.some((kind) => node instanceof kind);
}
