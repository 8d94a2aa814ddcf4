/**
 * Probes: programs at an instruction of the kernel (kprobe, ksyscall) or of a user program (uprobe, usdt). The section says
 * which and where; options come first:
 *
 *     kprobe/func+off   kretprobe/func   ksyscall/openat   kretsyscall/openat   kprobe.multi/vfs_*   kprobe.session/vfs_*
 *     uprobe/path:func+off   uretprobe/path:func   uprobe.multi/path:pattern   usdt/path:provider:name
 *
 * The perf event of a probe: its type and the bit for "on return" are told in /sys/bus/event_source/devices/{k,u}probe.
 * Source: tools/lib/bpf/libbpf.c perf_event_open_probe(), attach_kprobe_multi(), attach_uprobe_multi(), usdt.c, 6.18.
 */
import { readFileSync } from "node:fs";
import * as at from "../../abi/attach-types.ts";
import { hasSince } from "../../abi/since.ts";
import { EINVAL, ENOENT, EOPNOTSUPP } from "../../base/errno.ts";
import { SkepError } from "../../base/error.ts";
import { createLink } from "../bpf/link.ts";
import { NotSupported } from "../errors.ts";
import type { PerfAttr } from "../perf-event.ts";
import { type AttachContext, type Attached, checked, optionError } from "./context.ts";
import { kernelFunctions, syscallFunction } from "./kernel-functions.ts";
import { onPlaces, type PerfPlace } from "./perf.ts";
import { globOf, openProgram, probePath, symbolOffset, symbolOffsets } from "./probe-target.ts";
import { usdtSpecs } from "./usdt.ts";

const BPF_F_KPROBE_MULTI_RETURN = 1;
const BPF_F_UPROBE_MULTI_RETURN = 1;

export function onProbe(context: AttachContext): Attached {
  const { spec } = context;
  const kind = spec.section.replace("?", "").split("/")[0]!.replace(/\.s$/, "");
  switch (kind) {
    case "uprobe":
    case "uretprobe":
      return onUprobe(context, kind === "uretprobe");
    case "uprobe.multi":
    case "uretprobe.multi":
    case "uprobe.session":
      return onUprobeMulti(context, kind === "uretprobe.multi");
    case "usdt":
      return onUsdt(context);
    case "kprobe.multi":
    case "kretprobe.multi":
    case "kprobe.session":
      return onKprobeMulti(context, kind === "kretprobe.multi");
    case "ksyscall":
    case "kretsyscall":
      return onKprobe(context, kind === "kretsyscall", true);
    default:
      return onKprobe(context, context.options.retprobe ?? kind === "kretprobe", false);
  }
}

function onKprobe(context: AttachContext, onReturn: boolean, syscall: boolean): Attached {
  const { spec, options, release } = context;
  const target = options.symbol ?? options.target ?? spec.attachTo;
  if (target === "") throw optionError(context, "symbol", syscall ? "the system call's name" : "the function's name");
  const [, name = target, plus = "0"] = /^([^+]+)\+(0x[0-9a-f]+|\d+)$/i.exec(target) ?? [];
  const offset = options.offset ?? Number(plus);
  const func = syscall ? syscallFunction(name, release) : name;
  const word = `${syscall ? "ksyscall" : onReturn ? "kretprobe" : "kprobe"} ${name}${offset === 0 ? "" : `+${offset}`}`;
  const place = probePlace("kprobe", { name: func, offset }, onReturn, context);
  return onPlaces(context, [{ ...place, pid: -1, cpu: 0 }], word, (errno) => unknownFunction(func, errno));
}

function unknownFunction(func: string, errno: number): Error | undefined {
  if (errno !== ENOENT && errno !== EINVAL) return undefined;
  return new SkepError("attach/symbol", `the kernel has no function ${func} that can be probed`, {
    errno,
    advice: "see /proc/kallsyms; inlined and notrace functions cannot be probed",
  });
}

function onUprobe(context: AttachContext, onReturn: boolean): Attached {
  const { options } = context;
  const { path, symbol } = probePath(context);
  const offset = symbolOffset(context, path, symbol);
  const what = `${onReturn ? "uretprobe" : "uprobe"} ${path}:${symbol === "" ? `0x${offset.toString(16)}` : symbol}`;
  const place = probePlace("uprobe", { name: path, offset }, onReturn, context);
  return onPlaces(context, [{ ...place, ...processOf(options.pid) }], what);
}

/** One CPU stands for all where no process is named. */
function processOf(pid: number | undefined): { pid: number; cpu: number } {
  return pid === undefined ? { pid: -1, cpu: 0 } : { pid, cpu: -1 };
}

function probePlace(
  pmu: "kprobe" | "uprobe",
  where: { readonly name: string; readonly offset: number },
  onReturn: boolean,
  context: AttachContext,
  semaphoreOffset = 0,
): Pick<PerfPlace, "event" | "cookie"> {
  const { spec, options } = context;
  const type = pmuNumber(pmu, "type", /^(\d+)/);
  if (type === undefined) {
    throw new NotSupported(`${pmu}s`, "4.17", {
      site: { prog: spec.name },
      advice: `a kernel with CONFIG_${pmu.toUpperCase()}_EVENTS=y`,
    });
  }
  const returnBit = pmuNumber(pmu, "format/retprobe", /config:(\d+)/) ?? 0;
  const semaphoreBit = pmuNumber(pmu, "format/ref_ctr_offset", /config:(\d+)/) ?? 32;
  const config = (onReturn ? 1n << BigInt(returnBit) : 0n) | (BigInt(semaphoreOffset) << BigInt(semaphoreBit));
  const event: PerfAttr = { type, config, name: where.name, offset: where.offset };
  return { event, cookie: options.cookie ?? 0n };
}

function pmuNumber(pmu: string, file: string, pattern: RegExp): number | undefined {
  try {
    const found = pattern.exec(readFileSync(`/sys/bus/event_source/devices/${pmu}/${file}`, "utf8"));
    return found === null ? undefined : Number(found[1]);
  } catch {
    return undefined; // the kernel has no such kind of event
  }
}

function onKprobeMulti(context: AttachContext, onReturn: boolean): Attached {
  const { bpf, spec, progFd, options, release } = context;
  const pattern = options.target ?? spec.attachTo;
  const syms = options.targets ?? kernelFunctions(bpf, globOf(pattern));
  if (syms.length === 0) throw optionError(context, "targets", `names of functions; "${pattern}" matches none`);
  const what = `${onReturn ? "kretprobe" : "kprobe"}.multi on ${syms.length} functions`;
  const cookies = options.cookies ?? [];
  const extra = { kind: "kprobe_multi", flags: onReturn ? BPF_F_KPROBE_MULTI_RETURN : 0, syms, cookies } as const;
  const fd = createLink(bpf, { progFd, target: 0, attachType: spec.expectedAttachType, extra });
  const since = spec.expectedAttachType === at.BPF_TRACE_KPROBE_SESSION ? "6.10" : "5.18";
  if (fd === -EOPNOTSUPP || (fd === -EINVAL && !hasSince(release, since))) {
    throw new NotSupported("kprobe.multi links", since, {
      errno: -fd,
      site: { prog: spec.name },
      advice: "a kernel with CONFIG_FPROBE=y",
    });
  }
  return { links: [checked(context, fd, what)], what };
}

function onUprobeMulti(context: AttachContext, onReturn: boolean): Attached {
  const { bpf, spec, progFd, options, release } = context;
  const { path, symbol } = probePath(context);
  const offsets = (options.offsets ?? symbolOffsets(path, options.targets ?? globOf(symbol))).map(BigInt);
  if (offsets.length === 0) throw optionError(context, "targets", `names of functions; "${symbol}" matches none`);
  const what = `${onReturn ? "uretprobe" : "uprobe"}.multi on ${offsets.length} functions of ${path}`;
  const fd = createLink(bpf, {
    progFd,
    target: 0,
    attachType: spec.expectedAttachType,
    extra: {
      kind: "uprobe_multi",
      path,
      offsets,
      refCtrOffsets: [],
      cookies: options.cookies ?? [],
      flags: onReturn ? BPF_F_UPROBE_MULTI_RETURN : 0,
      pid: options.pid ?? 0,
    },
  });
  const since = spec.expectedAttachType === at.BPF_TRACE_UPROBE_SESSION ? "6.13" : "6.6";
  if (fd === -EINVAL && !hasSince(release, since)) {
    throw new NotSupported("uprobe.multi links", since, { site: { prog: spec.name } });
  }
  return { links: [checked(context, fd, what)], what };
}

/** Every place of the probe in the file: compilers inline, and the probe with it. */
function onUsdt(context: AttachContext): Attached {
  const { options } = context;
  const { path, symbol } = probePath(context);
  const [provider = "", name = ""] = symbol.split(":");
  if (provider === "" || name === "") throw optionError(context, "target", '"path:provider:name"');
  const notes = openProgram(path)
    .usdt()
    .filter((note) => note.provider === provider && note.name === name);
  if (notes.length === 0) {
    throw new SkepError("attach/usdt", `${path} has no USDT probe ${provider}:${name}`, {
      site: { file: path },
      advice: "readelf -n shows the probes of a file",
    });
  }
  const specs = usdtSpecs(context, notes, path);
  const places = notes.map((note, i) => ({
    ...probePlace("uprobe", { name: path, offset: note.fileOffset }, false, context, note.semaphoreOffset),
    ...processOf(options.pid),
    cookie: specs[i] ?? options.cookie ?? 0n,
  }));
  return onPlaces(context, places, `usdt ${path}:${provider}:${name}`);
}
