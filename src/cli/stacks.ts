/** Stack traces as text: the kernel's addresses by its symbols, those of user space by the process they were taken of. */
import { kernelFrames, userFrames } from "../linux/symbols.ts";

/** The upper half of addresses is the kernel's. */
const KERNEL_FROM = 1n << 63n;

/** Without a pid, addresses of user space stay numbers. Symbols are read when first needed. */
export function stackNames(pid?: number): (ip: bigint) => string {
  let kernel: ReturnType<typeof kernelFrames> | undefined;
  let user: ReturnType<typeof userFrames> | undefined;
  return (ip) => {
    if (ip >= KERNEL_FROM) {
      kernel ??= kernelFrames();
      return kernel(ip).text;
    }
    if (pid === undefined) return `0x${ip.toString(16)}`;
    user ??= userFrames(pid);
    return user(ip).text;
  };
}
