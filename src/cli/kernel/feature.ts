/**
 * The verbs of `skep feature`. As bpftool's, with two things more: program types are tried with each attach type, and what is
 * missing is followed by what it needs.
 */
import { readFileSync } from "node:fs";
import { ATTACH_TYPES } from "../../abi/attach-types.ts";
import { HELPERS } from "../../abi/helpers.ts";
import { LINK_TYPES } from "../../abi/link-types.ts";
import { MAP_TYPES } from "../../abi/map-types.ts";
import { PROG_TYPES } from "../../abi/prog-types.ts";
import { kernelConfig, kernelRelease } from "../../linux/kconfig.ts";
import {
  type Answer,
  attachTypesOf,
  attachWord,
  MISC,
  needsForMap,
  needsForProg,
  type ProbeContext,
  probeHelper,
  probeMap,
  probeMisc,
  probeProg,
} from "../../linux/probe.ts";
import { linux } from "../../linux/target.ts";
import { print } from "../output.ts";
import { kernel, printDocument, show, style, verbOf, type Words } from "./session.ts";

const VERBS: Readonly<Record<string, (words: Words) => void>> = { probe, show: probe, list_builtins: listBuiltins };

export function featureCommand(words: Words): void {
  verbOf(words, VERBS)(words);
}

const BUILTINS: Readonly<Record<string, () => readonly string[]>> = {
  prog_types: () => PROG_TYPES.filter((row) => row.id > 0).map((row) => row.word),
  map_types: () => MAP_TYPES.filter((row) => row.id > 0).map((row) => row.word),
  attach_types: () => ATTACH_TYPES.map((row) => row.word),
  link_types: () => LINK_TYPES.filter((row) => row.id > 0).map((row) => row.word),
  helpers: () => HELPERS.map((row) => `bpf_${row.name}`),
};

function listBuiltins(words: Words): void {
  const group = words.take(...Object.keys(BUILTINS));
  if (group === undefined) throw words.usage(`a group is needed: ${Object.keys(BUILTINS).join(", ")}`);
  words.end();
  const names = BUILTINS[group]!();
  show(
    () => names,
    () => names.join("\n"),
  );
}

/** sysctls: name in JSON, path, and what their values mean. */
const SYSCTLS: readonly (readonly [name: string, path: string, title: string, values: readonly string[]])[] = [
  [
    "unprivileged_bpf_disabled",
    "kernel/unprivileged_bpf_disabled",
    "bpf() syscall",
    [
      "for unprivileged users is enabled",
      "restricted to privileged users (without recovery)",
      "restricted to privileged users (admin can change)",
    ],
  ],
  [
    "bpf_jit_enable",
    "net/core/bpf_jit_enable",
    "JIT compiler",
    ["is disabled", "is enabled", "is enabled with debugging traces in kernel logs"],
  ],
  [
    "bpf_jit_harden",
    "net/core/bpf_jit_harden",
    "JIT compiler hardening",
    ["is disabled", "is enabled for unprivileged users", "is enabled for all users"],
  ],
  [
    "bpf_jit_kallsyms",
    "net/core/bpf_jit_kallsyms",
    "JIT compiler kallsyms exports",
    ["are disabled", "are enabled for root"],
  ],
  ["bpf_jit_limit", "net/core/bpf_jit_limit", "Global memory limit for JIT compiler for unprivileged users", []],
];

const OPTIONS =
  `BPF BPF_SYSCALL HAVE_EBPF_JIT BPF_JIT BPF_JIT_ALWAYS_ON DEBUG_INFO_BTF DEBUG_INFO_BTF_MODULES CGROUPS CGROUP_BPF
CGROUP_NET_CLASSID SOCK_CGROUP_DATA BPF_EVENTS KPROBE_EVENTS UPROBE_EVENTS TRACING FTRACE_SYSCALLS FUNCTION_ERROR_INJECTION
BPF_KPROBE_OVERRIDE NET XDP_SOCKETS LWTUNNEL_BPF NET_ACT_BPF NET_CLS_BPF NET_CLS_ACT NET_SCH_INGRESS XFRM IP_ROUTE_CLASSID
IPV6_SEG6_BPF BPF_LIRC_MODE2 BPF_STREAM_PARSER NETFILTER_XT_MATCH_BPF BPFILTER BPFILTER_UMH TEST_BPF BPF_LSM NETFILTER_BPF_LINK
FPROBE SCHED_CLASS_EXT NETKIT HZ`
    .split(/\s+/)
    .map((name) => `CONFIG_${name}`);

/** Helpers that leave a line in the kernel's log when they are verified: only with `full`. */
const LOUD: ReadonlySet<string> = new Set(["trace_printk", "trace_vprintk", "probe_write_user"]);

interface Missing {
  readonly what: string;
  readonly needs: string;
}

function probe(words: Words): void {
  words.take("kernel");
  const full = words.take("full") !== undefined;
  words.end();
  const context: ProbeContext = { bpf: kernel(), release: kernelRelease(), kernelBtf: linux().kernelBtf };
  const missing: Missing[] = [];
  const system = systemConfig();
  const programs = probePrograms(context, missing);
  const maps = probeMaps(context, missing);
  const helpers = probeHelpers(context, programs, full);
  if (style.json) {
    printDocument({
      system_config: system,
      syscall_config: { have_bpf_syscall: true },
      program_types: Object.fromEntries(programs.map((each) => [`have_${each.word}_prog_type`, each.answer === "yes"])),
      attach_types: Object.fromEntries(programs.map((each) => [each.word, Object.fromEntries(each.attach)])),
      map_types: Object.fromEntries(maps.map((each) => [`have_${each.word}_map_type`, each.answer === "yes"])),
      helpers: Object.fromEntries([...helpers].map(([word, names]) => [`${word}_available_helpers`, names])),
      misc: Object.fromEntries(Object.keys(MISC).map((name) => [name, probeMisc(context, name)])),
      missing,
    });
    return;
  }
  print(systemText(system));
  const needsOf = new Map(missing.map((each) => [each.what, each.needs]));
  print("\nScanning system call availability...\nbpf() syscall is available");
  print("\nScanning eBPF program types...");
  for (const { word, answer, attach } of programs) {
    print(line(`program_type ${word}`, answer, needsOf.get(word)));
    if (attach.size < 2) continue;
    for (const [name, each] of attach) {
      const what = name === "-" ? "without attach type" : name;
      print(`\t${line(what, each, needsOf.get(`${word} ${name}`)).replace("eBPF ", "")}`);
    }
  }
  print("\nScanning eBPF map types...");
  for (const { word, answer } of maps) print(line(`map_type ${word}`, answer, needsOf.get(`map ${word}`)));
  print("\nScanning eBPF helper functions...");
  for (const [word, names] of helpers) {
    print(`eBPF helpers supported for program type ${word}:`);
    print(names.length === 0 ? "\tProgram type not supported" : names.map((name) => `\t- ${name}`).join("\n"));
  }
  print("\nScanning miscellaneous eBPF features...");
  for (const [name, { title }] of Object.entries(MISC)) {
    print(`${title} is ${probeMisc(context, name) ? "" : "NOT "}available`);
  }
}

function line(what: string, answer: Answer, needs: string | undefined): string {
  if (answer === "yes") return `eBPF ${what} is available`;
  const why = needs === undefined ? "" : `: needs ${needs}`;
  return `eBPF ${what} is ${answer === "refused" ? "NOT permitted" : "NOT available"}${why}`;
}

function systemConfig(): Record<string, unknown> {
  const config = kernelConfig();
  const out: Record<string, unknown> = {};
  for (const [name, path] of SYSCTLS) out[name] = sysctl(path);
  for (const option of OPTIONS) out[option] = config(option) ?? null;
  return out;
}

function systemText(system: Record<string, unknown>): string {
  const lines = ["Scanning system configuration..."];
  for (const [name, , title, values] of SYSCTLS) {
    const value = system[name] as number | null;
    if (value === null) lines.push(`${title}: unknown`);
    else lines.push(values.length === 0 ? `${title} is ${value} bytes` : `${title} ${values[value] ?? `is ${value}`}`);
  }
  for (const option of OPTIONS) {
    const value = system[option];
    lines.push(value === null ? `${option} is not set` : `${option} is set to ${value}`);
  }
  return lines.join("\n");
}

function sysctl(path: string): number | null {
  try {
    return Number(readFileSync(`/proc/sys/${path}`, "utf8"));
  } catch {
    return null; // this kernel has no such setting
  }
}

interface ProbedType {
  readonly id: number;
  readonly word: string;
  readonly answer: Answer;
  /** By the attach type's word. */
  readonly attach: ReadonlyMap<string, Answer>;
  /** An attach type that works. */
  readonly usable: number;
}

function probePrograms(context: ProbeContext, missing: Missing[]): ProbedType[] {
  const { release } = context;
  return PROG_TYPES.filter((row) => row.id > 0).map(({ id, word }) => {
    const attach = new Map<string, Answer>();
    let usable = -1;
    for (const each of attachTypesOf(id)) {
      const answer = probeProg(context, id, each);
      const name = attachWord(id, each);
      attach.set(name, answer);
      if (answer === "yes" && usable < 0) usable = each;
      else if (answer !== "yes") {
        missing.push({ what: `${word} ${name}`, needs: needsForProg(release, id, each, answer) });
      }
    }
    const answers = [...attach.values()];
    const answer = usable >= 0 ? "yes" : answers.includes("refused") ? "refused" : "no";
    if (answer !== "yes") missing.push({ what: word, needs: needsForProg(release, id, 0, answer) });
    return { id, word, answer, attach, usable };
  });
}

function probeMaps(context: ProbeContext, missing: Missing[]): { word: string; answer: Answer }[] {
  return MAP_TYPES.filter((row) => row.id > 0).map(({ id, word }) => {
    const answer = probeMap(context, id);
    if (answer !== "yes") missing.push({ what: `map ${word}`, needs: needsForMap(context.release, id, answer) });
    return { word, answer };
  });
}

function probeHelpers(context: ProbeContext, types: readonly ProbedType[], full: boolean): Map<string, string[]> {
  const out = new Map<string, string[]>();
  for (const { id, word, answer, usable } of types) {
    const names =
      answer !== "yes"
        ? []
        : HELPERS.filter((row) => full || !LOUD.has(row.name)).filter((row) =>
            probeHelper(context, id, usable, row.id),
          );
    out.set(
      word,
      names.map((row) => `bpf_${row.name}`),
    );
  }
  return out;
}
