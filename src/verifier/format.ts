/** The format string of bpf_snprintf, which the kernel checks when the program is loaded. Source: bpf_bprintf_prepare. */
import { EFAULT, EINVAL } from "../base/errno.ts";
import { type Env, regsOf } from "./env.ts";
import { fail, Reject } from "./log.ts";
import { OFF, RAW0, REG_WORDS, VAL } from "./regs.ts";

/** Number of arguments that a format takes; -1 where the kernel refuses it. */
export function countArgs(format: Uint8Array): number {
  let end = format.indexOf(0);
  if (end < 0) return -1;
  const text = String.fromCharCode(...format.subarray(0, end));
  end = text.length;
  let args = 0;
  for (let i = 0; i < end; i++) {
    const c = text.charCodeAt(i);
    const isSpace = c === 32 || (c >= 9 && c <= 13);
    if ((c < 32 && !isSpace) || c > 126) return -1;
    if (text[i] !== "%") continue;
    if (text[i + 1] === "%") {
      i++;
      continue;
    }
    i++;
    // Flags and width.
    while (i < end && /[0+\- ]/.test(text[i]!)) i++;
    while (i < end && /[1-9]/.test(text[i]!)) i++;
    while (i < end && /[0-9]/.test(text[i]!)) i++;
    if (text[i] === "p") {
      i = pointerEnd(text, i);
      if (i < 0) return -1;
    } else if (text[i] === "s") {
      if (!endsHere(text, i + 1)) return -1;
    } else if (text[i] !== "c") {
      if (text[i] === "l") i++;
      if (text[i] === "l") i++;
      if (!/[iduxX]/.test(text[i] ?? "")) return -1;
    } else if (!endsHere(text, i + 1)) {
      return -1;
    }
    args++;
  }
  return args;
}

function endsHere(text: string, i: number): boolean {
  return i >= text.length || !/[A-Za-z0-9_]/.test(text[i]!);
}

/** Index of the last character of a %p form, -1 for one that is not allowed. */
function pointerEnd(text: string, i: number): number {
  const rest = text.slice(i + 1);
  if ((rest[0] === "k" || rest[0] === "u") && rest[1] === "s") return i + 2;
  if (rest[0] === "K" || rest[0] === "x" || rest[0] === "s" || rest[0] === "S" || rest[0] === "B") return i + 1;
  if (rest[0] === "i" || rest[0] === "I") return rest[1] === "4" || rest[1] === "6" ? i + 2 : -1;
  return endsHere(text, i + 1) ? i : -1;
}

export function checkFormat(env: Env): void {
  const w = regsOf(env);
  const f = 3 * REG_WORDS;
  const size = w[5 * REG_WORDS + VAL]!;
  if (size % 8 !== 0) throw new Reject(EINVAL);
  const map = env.maps[w[f + RAW0]! - 1]!;
  if (map.frozen === null) fail(env.log, EFAULT, "failed to retrieve map value address");
  const args = countArgs(map.frozen.subarray(w[f + OFF]! + w[f + VAL]!));
  if (args < 0 || args > size / 8) fail(env.log, EINVAL, "Invalid format string");
}
