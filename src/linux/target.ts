/**
 * The kernel target: maps and programs through bpf(2).
 *
 * @example
 * ```ts
 * import { linux } from "skep/linux";
 * await using live = await load("syn_guard.bpf.o", { target: linux() });
 * live.programs.syn_guard.run(packet);
 * ```
 */
import { readFileSync } from "node:fs";
import { BPF_PROG_TYPE_EXT } from "../abi/prog-types.ts";
import { hasSince, versionCode } from "../abi/since.ts";
import { closeAll } from "../base/close.ts";
import { SkepError } from "../base/error.ts";
import { Btf } from "../btf/btf.ts";
import type { BtfView } from "../btf/types.ts";
import type { MapLink, Target, TargetMap, TargetProg } from "../loader/target.ts";
import type { KernelModule, MapSpec, ResolvedProg } from "../obj/spec.ts";
import { btfComplaint, loadBtf } from "./bpf/btf.ts";
import { Bpf } from "./bpf/call.ts";
import type { ProgAttr } from "./bpf/prog.ts";
import { fitBtf } from "./btf-fit.ts";
import { possibleCpus } from "./cpus.ts";
import { EXHAUSTED, isExhaustion, sysError, VerifierError } from "./errors.ts";
import { Features } from "./features.ts";
import { fitInsns } from "./insns-fit.ts";
import { kernelSymbols } from "./kallsyms.ts";
import { kernelConfig, kernelRelease } from "./kconfig.ts";
import { koffiSys } from "./koffi-sys.ts";
import { type LoadedProg, loadVerified } from "./load-prog.ts";
import { LinuxMap } from "./map.ts";
import { createLinuxMap } from "./map-create.ts";
import { openLinuxMap } from "./map-open.ts";
import { ModuleBtfs, readModules, structOpsModule, withModules } from "./modules.ts";
import { LinuxProg } from "./prog.ts";
import { attachPoint, type LoadExtras, progAttr, structOpsExtras } from "./prog-attr.ts";
import { attachStructOps } from "./struct-ops.ts";
import type { Sys } from "./sys.ts";
import { createToken } from "./token.ts";

export interface LinuxOptions {
  /** Instead of the running kernel: for tests. */
  readonly sys?: Sys;
  /** BTF of the kernel, where /sys/kernel/btf/vmlinux is not it; null for none. */
  readonly kernelBtf?: BtfView | null;
  /** Modules with their BTF, where /sys/kernel/btf does not tell them. */
  readonly modules?: readonly KernelModule[];
  /** Kernel release, where uname does not tell it. */
  readonly release?: string;
  /** Directory of a bpffs for maps that ask to be pinned by name (LIBBPF_PIN_BY_NAME). Default: /sys/fs/bpf. */
  readonly pinDir?: string;
  /** Root of a bpffs that delegates: maps and programs are made with a token of it, instead of capabilities (Linux 6.9). */
  readonly token?: string;
  /** What freplace programs replace a function of, by their name: a program of this target. */
  readonly extend?: Readonly<Record<string, TargetProg>>;
}

/** What this target has more than others. */
export interface KernelTarget extends Target {
  /** A map that is in the kernel, by id or by the path of its pin, with the types it was made with. */
  openMap(at: number | string): TargetMap;
}

const VMLINUX_BTF = "/sys/kernel/btf/vmlinux";

/** Throws "linux/os", "linux/arch" and "linux/koffi" where this machine cannot have one. */
export function linux(options: LinuxOptions = {}): KernelTarget {
  return new LinuxTarget(options);
}

class LinuxTarget implements KernelTarget {
  readonly name = "linux";
  readonly kconfig: Target["kconfig"] = kernelConfig();
  readonly ksymAddress: (name: string) => bigint | undefined = kernelSymbols();

  private readonly bpf: Bpf;
  private readonly release: string;
  private readonly features: Features;
  private readonly pinDir: string;
  private readonly extend: Readonly<Record<string, TargetProg>>;
  private readonly cpus: number;
  private readonly live = new Set<{ close(): void }>();
  /** Loaded BTF by object; 0 for one that the kernel does not take. */
  private readonly btfFds = new Map<BtfView, number>();
  private vmlinux: BtfView | null | undefined;
  private closed = false;
  private readonly moduleBtfs: ModuleBtfs;
  private known: readonly KernelModule[] | undefined;
  private extras: ReadonlyMap<string, LoadExtras> = new Map();

  constructor(options: LinuxOptions) {
    this.bpf = new Bpf(options.sys ?? koffiSys());
    this.release = options.release ?? kernelRelease();
    if (options.token !== undefined) this.bpf.token = createToken(this.bpf, options.token);
    this.features = new Features(this.bpf, this.release);
    this.pinDir = options.pinDir ?? "/sys/fs/bpf";
    this.extend = options.extend ?? {};
    this.cpus = possibleCpus();
    // Before 5.11 maps count against RLIMIT_MEMLOCK, whose default is far too small.
    if (!hasSince(this.release, "5.11")) raiseMemlock(this.bpf);
    this.vmlinux = options.kernelBtf;
    this.moduleBtfs = new ModuleBtfs(this.bpf);
    this.known = options.modules;
  }

  get kernelBtf(): BtfView | null {
    if (this.vmlinux === undefined) {
      if (running === undefined) running = readVmlinux();
      this.vmlinux = running;
    }
    return this.vmlinux;
  }

  /** Read when first asked for: few programs use what modules have. */
  readonly modules = (): readonly KernelModule[] => {
    const { kernelBtf } = this;
    this.known ??= kernelBtf instanceof Btf ? readModules(kernelBtf) : [];
    return this.known;
  };

  /** Learns which kernel structs struct_ops programs are for: the maps say, and programs are loaded before them. */
  prepare(maps: readonly MapSpec[]): void {
    const extras = new Map<string, LoadExtras>();
    for (const map of maps) {
      if (map.structOps === null) continue;
      const { btf, fd } = this.structOpsHome(map);
      for (const [name, extra] of structOpsExtras([map], btf)) {
        extras.set(name, fd === 0 ? extra : { ...extra, attachFd: fd });
      }
    }
    this.extras = extras;
  }

  /** Where the struct of a struct_ops map is: vmlinux (fd 0), or a module. */
  private structOpsHome(map: MapSpec): { readonly btf: BtfView | null; readonly fd: number } {
    if (map.structOps === null) return { btf: null, fd: 0 };
    const module = structOpsModule(map, this.kernelBtf, this.modules);
    return module === null ? { btf: this.kernelBtf, fd: 0 } : { btf: module.btf, fd: this.moduleBtfs.fd(module.name) };
  }

  createMap(spec: MapSpec, inner: TargetMap | null): LinuxMap {
    this.needOpen();
    const { btf: kernelBtf, fd: moduleFd } = this.structOpsHome(spec);
    const context = {
      bpf: this.bpf,
      cpus: this.cpus,
      release: this.release,
      has: this.features.has,
      pinDir: this.pinDir,
      kernelBtf,
      moduleFd,
      btfFd: (of: MapSpec) => this.btfFd(of.btf),
    };
    const map = createLinuxMap(context, spec, inner === null ? 0 : fdOf(inner), (closed) => this.live.delete(closed));
    this.live.add(map);
    return map;
  }

  openMap(at: number | string): LinuxMap {
    this.needOpen();
    const map = openLinuxMap(this.bpf, this.cpus, at, (closed) => this.live.delete(closed));
    this.live.add(map);
    return map;
  }

  attachStructOps(map: TargetMap, progOf: (name: string) => TargetProg | undefined): MapLink {
    const { btf } = this.structOpsHome(map.spec);
    if (map instanceof LinuxMap && btf !== null) return attachStructOps(this.bpf, map, btf, progOf);
    throw new SkepError("load/target", `map ${map.spec.name} belongs to another target, or the kernel has no BTF`);
  }

  loadProg(prog: ResolvedProg, maps: readonly TargetMap[]): TargetProg {
    this.needOpen();
    const started = performance.now();
    const fds = maps.map(fdOf);
    const extras = this.extras.get(prog.spec.name) ?? this.extension(prog) ?? this.attachTo(prog);
    const { has } = this.features;
    const btfFd = prog.btf === null || has("func") ? this.btfFd(prog.btf) : 0;
    const full = progAttr(prog, fds, btfFd, versionCode(this.release), extras);
    const byFd = fds.length > 0 && !has("fd_array");
    const moduleFds = (prog.modules ?? []).map((module) => this.moduleBtfs.fd(module.name));
    const attr = { ...full, ...withModules(fitInsns(full.insns, fds, has), byFd ? [] : fds, moduleFds) };
    const loaded = this.verified(attr, prog);
    const made = new LinuxProg(this.bpf, prog, loaded, performance.now() - started, this.release, maps, (closed) =>
      this.live.delete(closed),
    );
    this.live.add(made);
    return made;
  }

  close(): void {
    this.closed = true;
    try {
      closeAll([...this.live].reverse());
    } finally {
      for (const fd of this.btfFds.values()) if (fd > 0) this.bpf.close(fd);
      this.btfFds.clear();
      this.moduleBtfs.close();
      if (this.bpf.token > 0) this.bpf.close(this.bpf.token);
      this.bpf.token = 0;
    }
  }

  private needOpen(): void {
    if (!this.closed) return;
    throw new SkepError("linux/closed", "the linux target is closed", { advice: "make another one: linux()" });
  }

  /** Why the kernel does not take an object's BTF, "" where it does. */
  btfComplaint(btf: BtfView): string {
    return this.btfFd(btf) > 0 ? "" : btfComplaint(this.bpf, btf.raw);
  }

  /** Objects whose BTF the kernel does not take are loaded without: 0. */
  private btfFd(btf: BtfView | null): number {
    if (btf === null) return 0;
    const known = this.btfFds.get(btf);
    if (known !== undefined) return known;
    let fd = loadBtf(this.bpf, btf.raw);
    if (isExhaustion(-fd)) throw sysError("loading BTF", -fd, { advice: EXHAUSTED });
    // An older kernel may know the rest of it.
    if (fd < 0) fd = loadBtf(this.bpf, fitBtf(btf.raw, this.features.has));
    this.btfFds.set(btf, Math.max(0, fd));
    return Math.max(0, fd);
  }

  private verified(attr: ProgAttr, prog: ResolvedProg): LoadedProg {
    try {
      return loadVerified(this.bpf, attr, this.release);
    } catch (error) {
      if (error instanceof VerifierError) error.prog = prog;
      throw error;
    }
  }

  private attachTo(prog: ResolvedProg): LoadExtras {
    const { btfId, module } = attachPoint(prog, this.modules);
    return module === null ? { attachBtfId: btfId } : { attachBtfId: btfId, attachFd: this.moduleBtfs.fd(module.name) };
  }

  /** An EXT program names a function of the program that it extends: its id there. */
  private extension(prog: ResolvedProg): LoadExtras | undefined {
    const { spec } = prog;
    if (spec.type !== BPF_PROG_TYPE_EXT) return undefined;
    const target = this.extend[spec.name];
    if (!(target instanceof LinuxProg)) {
      throw new SkepError("load/extend", `${spec.name} extends a program, and none is given`, {
        site: { prog: spec.name },
        advice: `linux({ extend: { ${spec.name}: program.raw } })`,
      });
    }
    const attachBtfId = target.prog.spec.funcs.find((func) => func.name === spec.attachTo)?.typeId ?? 0;
    if (attachBtfId !== 0) return { attachBtfId, attachFd: target.fd };
    throw new SkepError("load/extend", `${target.prog.spec.name} has no function ${spec.attachTo}`, {
      site: { prog: spec.name },
    });
  }
}

function fdOf(map: TargetMap): number {
  if (map instanceof LinuxMap && map.fd < 0) {
    throw new SkepError("load/map", `map ${map.spec.name} is closed`, { advice: "load the object again" });
  }
  if (map instanceof LinuxMap) return map.fd;
  throw new SkepError("load/target", `map ${map.spec.name} belongs to another target`, {
    advice: "maps and programs of one target cannot be mixed with another's",
  });
}

const RLIMIT_MEMLOCK = 8;

/** To infinity, where this process may; where not, creating a map fails with EPERM and says so. */
function raiseMemlock(bpf: Bpf): void {
  const limit = bpf.scratch("rlimit", 16);
  limit.bytes.fill(0xff, 0, 16);
  bpf.sys.syscall(bpf.sys.nr.prlimit64, 0, RLIMIT_MEMLOCK, limit.addr, 0);
}

/** BTF of the running kernel, read once: it does not change while the process lives. */
let running: BtfView | null | undefined;

function readVmlinux(): BtfView | null {
  let raw: Uint8Array;
  try {
    raw = new Uint8Array(readFileSync(VMLINUX_BTF));
  } catch {
    return null; // a kernel without CONFIG_DEBUG_INFO_BTF
  }
  return new Btf(raw);
}
