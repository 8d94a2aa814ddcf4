/** Whose types stand for the kernel's: its own, or the bundled profile. */
import { host } from "#host";
import { Btf } from "../btf/btf.ts";
import { PartialBtf } from "../btf/partial.ts";

let kernel: Btf | null | undefined;
let profile: Btf | Promise<Btf> | undefined;

/** Types of the kernel that runs here, read once; null where there are none to read. */
export function runningKernel(): Btf | null {
  if (kernel === undefined) {
    const raw = host.kernelBtf();
    kernel = raw === null ? null : new Btf(raw);
  }
  return kernel;
}

/**
 * The bundled types of Linux 6.18 (x86-64): those that programs mostly need, not all. Read once; in a browser that takes time.
 * Throws SkepError "host/profile" where they are not with the package.
 */
export function kernelProfile(): Btf | Promise<Btf> {
  if (profile !== undefined) return profile;
  const raw = host.kernelProfile();
  if (raw instanceof Uint8Array) profile = new PartialBtf(raw);
  else {
    const arrival = raw.then((bytes) => new PartialBtf(bytes));
    profile = arrival;
    arrival.then(
      (btf) => {
        profile = btf;
      },
      () => {
        profile = undefined; // the next compile tries again
      },
    );
  }
  return profile;
}
