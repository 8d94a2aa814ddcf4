/** bpf_trace_printk, bpf_trace_vprintk, bpf_snprintf. Source: kernel/trace/bpf_trace.c, kernel/bpf/helpers.c. */

import { fromUtf8 } from "../../base/bytes.ts";
import { EINVAL } from "../../base/errno.ts";
import type { HelperImpl } from "../../engine/engine.ts";
import type { Runtime } from "../runtime.ts";
import { bpfFormat, formatText, PRINTF_BYTES_MAX, wordPairs } from "./format.ts";

/** MAX_BPRINTF_VARARGS. */
const MAX_VARARGS = 12;

export function traceHelpers(rt: Runtime): HelperImpl[] {
  const print = (fmt: number, size: number, args: ArrayLike<number>): number => {
    const format = formatText(rt, fmt, size);
    const text = format === null ? -EINVAL : bpfFormat(rt, format, args);
    if (typeof text === "number") return text;
    rt.trace(text.slice(0, PRINTF_BYTES_MAX - 1));
    return text.length;
  };
  const badArgs = (args: number, bytes: number): boolean =>
    bytes % 8 !== 0 || bytes > MAX_VARARGS * 8 || (bytes > 0 && args === 0);

  return [
    {
      name: "trace_printk",
      args: ["i", "i", "d", "d", "d"],
      ret: "s",
      fn: (fmt, size, ...args) => print(fmt! >>> 0, size! >>> 0, args),
    },
    {
      name: "trace_vprintk",
      args: ["i", "i", "i", "i"],
      ret: "s",
      fn: (fmt, size, args, bytes) => {
        if (badArgs(args!, bytes! >>> 0)) return -EINVAL;
        return print(fmt! >>> 0, size! >>> 0, wordPairs(rt, args! >>> 0, (bytes! >>> 0) / 8));
      },
    },
    {
      name: "snprintf",
      args: ["i", "i", "i", "i", "i"],
      ret: "s",
      fn: (str, strSize, fmt, args, bytes) => {
        if (badArgs(args!, bytes! >>> 0)) return -EINVAL;
        const format = formatText(rt, fmt! >>> 0, rt.u8.length);
        const text = format === null ? -EINVAL : bpfFormat(rt, format, wordPairs(rt, args! >>> 0, (bytes! >>> 0) / 8));
        if (typeof text === "number") return text;
        const encoded = fromUtf8(text);
        const size = strSize! >>> 0;
        if (size > 0) {
          const kept = encoded.subarray(0, size - 1);
          rt.u8.set(kept, str! >>> 0);
          rt.u8[(str! >>> 0) + kept.length] = 0;
        }
        return encoded.length + 1;
      },
    },
  ];
}
