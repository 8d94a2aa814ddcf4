/**
 * Every header that comes with the compiler, by the name that #include uses. Loaded as one module, on the first compile.
 */
import { GUARDS } from "./guards.ts";
import { funcIdEnum, helperDefs } from "./helpers.ts";
import { LIBBPF } from "./libbpf.ts";
import { LIBC } from "./libc.ts";
import { UAPI_BPF } from "./uapi-bpf.ts";
import { UAPI_NET } from "./uapi-net.ts";
import { UAPI_SYSTEM } from "./uapi-system.ts";
import { UAPI_TC } from "./uapi-tc.ts";

/** Headers made from tables when they are first asked for. */
const MADE: Readonly<Record<string, () => string>> = {
  "bpf/bpf_helper_defs.h": helperDefs,
  "skep/bpf_func_id.h": funcIdEnum,
};
const FOLDERS = [LIBC, LIBBPF, UAPI_BPF, UAPI_NET, UAPI_TC, UAPI_SYSTEM];
const known = new Map<string, Uint8Array>();

/** The header's text, or undefined where there is none of that name. */
export function shippedHeader(name: string): Uint8Array | undefined {
  const cached = known.get(name);
  if (cached !== undefined) return cached;
  const text = headerText(name);
  if (text === undefined) return undefined;
  const bytes = new TextEncoder().encode(text);
  known.set(name, bytes);
  return bytes;
}

/** Names of all of them, sorted. */
export function shippedNames(): string[] {
  return [...FOLDERS.flatMap((folder) => Object.keys(folder)), ...Object.keys(MADE)].sort();
}

function headerText(name: string): string | undefined {
  const text = bodyOf(name);
  const guard = Object.hasOwn(GUARDS, name) ? GUARDS[name] : undefined;
  return text === undefined || guard === undefined ? text : `#ifndef ${guard}\n#define ${guard}\n${text}\n#endif\n`;
}

function bodyOf(name: string): string | undefined {
  if (Object.hasOwn(MADE, name)) return MADE[name]!();
  for (const folder of FOLDERS) if (Object.hasOwn(folder, name)) return folder[name];
  return undefined;
}
