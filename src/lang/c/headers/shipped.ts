/** Every header that comes with the compiler, at once. */
import { HeaderFolder } from "./folder.ts";
import { LIBBPF } from "./libbpf.ts";
import { LIBC } from "./libc.ts";
import { UAPI_BPF } from "./uapi-bpf.ts";
import { UAPI_NET } from "./uapi-net.ts";
import { UAPI_SYSTEM } from "./uapi-system.ts";
import { UAPI_TC } from "./uapi-tc.ts";

const all = new HeaderFolder([LIBC, LIBBPF, UAPI_BPF, UAPI_NET, UAPI_TC, UAPI_SYSTEM]);

/** The header's text, or undefined where there is none of that name. */
export function shippedHeader(name: string): Uint8Array | undefined {
  return all.read(name);
}

/** Names of all of them, sorted. */
export function shippedNames(): string[] {
  return all.names();
}
