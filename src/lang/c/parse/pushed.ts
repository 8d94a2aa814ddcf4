/** Attributes that `#pragma clang attribute push` may give to records. */
import type { AttrSink } from "./attribute.ts";

export const BUILTIN_ATTRIBUTES: ReadonlyMap<string, (sink: AttrSink) => void> = new Map<
  string,
  (sink: AttrSink) => void
>([
  [
    "preserve_access_index",
    (sink) => {
      sink.attrs.preserveAccessIndex = true;
    },
  ],
  [
    "packed",
    (sink) => {
      sink.attrs.packed = true;
    },
  ],
]);
