/**
 * `Sys` over koffi: libc's syscall(2) wrapper with integer arguments. koffi is an optional dependency (prebuilt binaries,
 * nothing is compiled), so it is loaded when the first kernel target is made.
 */
import { createRequire } from "node:module";
import { SkepError } from "../base/error.ts";
import { type PollHandle, SYSCALLS, type Sys, type SysBuffer } from "./sys.ts";

/** What this file uses of koffi 3. */
interface Koffi {
  load(path: string | null): { func(name: string, result: string, args: readonly string[]): KoffiFunction };
  address(bytes: Uint8Array): bigint;
  view(addr: bigint, length: number): ArrayBuffer;
  errno(): number;
  readonly node: {
    poll(fd: number, options: { readable: boolean }, callback: () => void): { close(): void; ref(): void };
  };
}
type KoffiFunction = (...args: number[]) => number | bigint;

let shared: Sys | undefined;

/** Throws "linux/os", "linux/arch" and "linux/koffi" where this machine cannot have one. Made once. */
export function koffiSys(): Sys {
  shared ??= makeSys();
  return shared;
}

function makeSys(): Sys {
  if (process.platform !== "linux") {
    throw new SkepError("linux/os", `the linux target needs Linux, this is ${process.platform}`, {
      advice: "use the embedded target: it runs programs anywhere",
    });
  }
  const nr = SYSCALLS[process.arch];
  if (nr === undefined) {
    throw new SkepError("linux/arch", `the linux target knows x64 and arm64, this is ${process.arch}`, {
      advice: "use the embedded target: it runs programs anywhere",
    });
  }
  const koffi = loadKoffi();
  const libc = koffi.load(null);
  const raw = libc.func("syscall", "long", ["long", "int64", "int64", "int64", "int64", "int64", "int64"]);
  // Each argument less saves a conversion, and bpf(2) takes three.
  const raw3 = libc.func("syscall", "int", ["int", "int", "int64", "uint32"]);
  const bpfNr = nr.bpf;

  return {
    nr,
    syscall(number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0): number {
      const result = Number(raw(number, a, b, c, d, e, f));
      return result === -1 ? -koffi.errno() : result;
    },
    bpf(cmd, attrAddr, attrBytes): number {
      const result = raw3(bpfNr, cmd, attrAddr, attrBytes) as number;
      return result === -1 ? -koffi.errno() : result;
    },
    alloc(sizeBytes): SysBuffer {
      // A small typed array may lie in the JavaScript heap, where the collector moves it.
      const bytes = new Uint8Array(new ArrayBuffer(Math.max(sizeBytes, 4096))).subarray(0, sizeBytes);
      return {
        bytes,
        view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
        addr: Number(koffi.address(bytes)),
      };
    },
    view(addr, sizeBytes): Uint8Array {
      return new Uint8Array(koffi.view(BigInt(addr), sizeBytes));
    },
    poll(fd, onReadable): PollHandle {
      const handle = koffi.node.poll(fd, { readable: true }, onReadable);
      return pin(handle);
    },
  };
}

// koffi's poll handle stops silently once it is collected: hold each until it is closed.
const polling = new Set<object>();

function pin(handle: { close(): void }): PollHandle {
  polling.add(handle);
  return {
    close(): void {
      if (polling.delete(handle)) handle.close();
    },
  };
}

function loadKoffi(): Koffi {
  try {
    return createRequire(import.meta.url)("koffi") as Koffi;
  } catch (cause) {
    throw new SkepError("linux/koffi", "the linux target needs the package koffi to make system calls", {
      advice: "npm install koffi (prebuilt, nothing is compiled)",
      cause,
    });
  }
}
