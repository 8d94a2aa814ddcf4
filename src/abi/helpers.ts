/**
 * The helper table: every helper of enum bpf_func_id as a row, index = id. Row 0 is BPF_FUNC_unspec, which nobody may call.
 * Facts and notation are in helper-facts.ts; which program type may call what is in prog-helpers.ts.
 */
import { bug } from "../base/error.ts";
import { HELPER_FACTS } from "./helper-facts.ts";
import type { ArgBase, HelperArg, HelperRet, HelperRow, HelperVariant, RetBase } from "./types.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** By id. */
export const HELPERS: readonly HelperRow[] = HELPER_FACTS.map((facts) => {
  const [id, name, since, flags, signature, proto, variants] = facts;
  const row: Mutable<HelperRow> = { id, name, since, proto, ...parseVariant(flags, signature) };
  if (variants !== undefined) {
    const parsed: Record<string, HelperVariant> = {};
    for (const [key, [f, s]] of Object.entries(variants)) parsed[key] = parseVariant(f, s);
    row.variants = parsed;
  }
  return row;
});

const byName = new Map(HELPERS.map((row) => [row.name, row]));

/** Row of a helper, undefined for an id that 6.18 does not have (and for 0). */
export function helperById(id: number): HelperRow | undefined {
  return id === 0 ? undefined : HELPERS[id];
}

/** With or without the "bpf_" prefix. */
export function helperByName(name: string): HelperRow | undefined {
  const row = byName.get(name.startsWith("bpf_") ? name.slice(4) : name);
  return row?.id === 0 ? undefined : row;
}

/** "map_lookup_elem"; "func#300" for an unknown id. */
export function helperName(id: number): string {
  return HELPERS[id]?.name ?? `func#${id}`;
}

function parseVariant(flags: string, signature: string): HelperVariant {
  const open = signature.indexOf("(");
  const inside = signature.slice(open + 1, -1);
  const out: Mutable<HelperVariant> = {
    ret: parseRet(signature.slice(0, open).trim()),
    args: inside === "" ? [] : inside.split(", ").map(parseArg),
  };
  if (flags === "") return out;
  for (const flag of flags.split(" ")) {
    switch (flag) {
      case "gpl":
        out.gplOnly = true;
        break;
      case "pkt":
        out.pktAccess = true;
        break;
      case "changes":
        out.changesPkt = true;
        break;
      case "sleep":
        out.mightSleep = true;
        break;
      case "fast":
        out.fastcall = true;
        break;
      default:
        bug(`helper flag ${flag}`);
    }
  }
  return out;
}

/** "rdonly mem:20?" -> modifiers, base, detail, null. */
function split(text: string): { mods: string[]; base: string; detail: string; maybeNull: boolean } {
  const mods = text.split(" ");
  let base = mods.pop()!;
  const maybeNull = base.endsWith("?");
  if (maybeNull) base = base.slice(0, -1);
  const colon = base.indexOf(":");
  return colon < 0
    ? { mods, base, detail: "", maybeNull }
    : { mods, base: base.slice(0, colon), detail: base.slice(colon + 1), maybeNull };
}

function parseArg(text: string): HelperArg {
  const { mods, base, detail, maybeNull } = split(text);
  const arg: Mutable<HelperArg> = { type: base as ArgBase };
  if (maybeNull) arg.maybeNull = true;
  for (const mod of mods) {
    switch (mod) {
      case "uninit":
      case "write":
      case "rdonly":
      case "aligned":
      case "release":
        arg[mod] = true;
        break;
      default:
        bug(`helper argument ${text}`);
    }
  }
  if (detail === "") return arg;
  if (base === "mem") arg.fixedSize = Number(detail);
  else if (base === "dynptr") arg.dynptr = detail as NonNullable<HelperArg["dynptr"]>;
  else arg.btfName = detail;
  return arg;
}

function parseRet(text: string): HelperRet {
  const { mods, base, detail, maybeNull } = split(text);
  const ret: Mutable<HelperRet> = { type: base as RetBase };
  if (maybeNull) ret.maybeNull = true;
  for (const mod of mods) {
    if (mod === "ringbuf" || mod === "trusted" || mod === "rdonly") ret[mod] = true;
    else bug(`helper result ${text}`);
  }
  if (detail !== "") ret.btfName = detail;
  return ret;
}
