/**
 * Expectations that the kernel's selftests write on their programs, as BTF declaration tags on the function:
 *
 *     comment:test_expect_failure            comment:test_expect_msg=0=invalid access to map value
 *     comment:test_prog_flags=BPF_F_...      comment:test_expect_not_msg=3=frame2
 *
 * Text between {{ and }} in a message is a POSIX extended regular expression. Source: tools/testing/selftests/bpf/test_loader.c.
 */
import type { BtfView } from "../../src/btf/types.ts";

export interface ExpectedMessage {
  readonly text: string;
  /** Must not appear between its neighbours. */
  readonly negative: boolean;
}

export interface Expectation {
  readonly failure: boolean;
  readonly messages: readonly ExpectedMessage[];
  /** As BPF_PROG_LOAD takes it: 1, 2, and 4 for statistics. 0: what the loader asks for after a failure, 1. */
  readonly logLevel: number;
  readonly flags: number;
  /** Why there is nothing to judge here; "" where there is. */
  readonly skip: string;
}

/** What the kernel's own runner sets: BPF_F_TEST_RND_HI32, BPF_F_TEST_REG_INVARIANTS. */
const RUNNER_FLAGS = 4 | 128;

const FLAGS: Readonly<Record<string, number>> = {
  BPF_F_STRICT_ALIGNMENT: 1,
  BPF_F_ANY_ALIGNMENT: 2,
  BPF_F_TEST_RND_HI32: 4,
  BPF_F_TEST_STATE_FREQ: 8,
  BPF_F_SLEEPABLE: 16,
  BPF_F_XDP_HAS_FRAGS: 32,
  BPF_F_TEST_REG_INVARIANTS: 128,
};

/**
 * Of a load with privilege or without; null for a program that carries no expectation or only helps another. What is said of
 * the unprivileged load alone ("..._unpriv") replaces what is said of both.
 */
export function expectationOf(btf: BtfView, func: string, privileged = true): Expectation | null {
  const id = btf.find(func, "func");
  if (id === 0) return null;
  const messages: ExpectedMessage[] = [];
  const archs: string[] = [];
  let failure = false;
  let judged = false;
  let unprivileged = false;
  let failureUnpriv: boolean | null = null;
  const messagesUnpriv: ExpectedMessage[] = [];
  let logLevel = 0;
  let flags = RUNNER_FLAGS;
  let skip = "";
  for (const tag of tagsOf(btf).get(id) ?? []) {
    const [name, value] = split(tag);
    if (name === "test_auxiliary") return null;
    if (name === "test_expect_failure" || name === "test_expect_success") {
      failure = name === "test_expect_failure";
      judged = true;
    } else if (name === "test_expect_msg" || name === "test_expect_not_msg") {
      messages.push({ text: value.slice(value.indexOf("=") + 1), negative: name === "test_expect_not_msg" });
      judged = true;
    } else if (name === "test_retval" || name === "test_expect_xlated" || name === "test_jited") judged = true;
    else if (name.endsWith("_unpriv")) {
      unprivileged = true;
      if (name === "test_expect_failure_unpriv" || name === "test_expect_success_unpriv")
        failureUnpriv = name === "test_expect_failure_unpriv";
      else if (name === "test_expect_msg_unpriv" || name === "test_expect_not_msg_unpriv")
        messagesUnpriv.push({ text: value.slice(value.indexOf("=") + 1), negative: name.includes("not_msg") });
      else if (name === "test_caps_unpriv" && !privileged) skip = "keeps some capabilities";
    } else if (name === "test_log_level") logLevel = Number(value);
    else if (name === "test_prog_flags") {
      const flag = FLAGS[value.replace("!", "")] ?? Number(value.replace("!", ""));
      flags = value.startsWith("!") ? flags & ~flag : flags | flag;
    } else if (name === "test_arch") archs.push(value);
    else if (name === "test_btf_path") skip = "asks for a BTF file";
    else if (name === "load_mode" && value === "no_jited") skip = "asks for a kernel without JIT";
  }
  if (archs.length > 0 && !archs.includes("X86_64")) skip = `for ${archs.join(", ")}`;
  if (!privileged) {
    if (!unprivileged) return null;
    const own = messagesUnpriv.length > 0;
    return { failure: failureUnpriv ?? failure, messages: own ? messagesUnpriv : messages, logLevel, flags, skip };
  }
  if (!judged && unprivileged) skip = "unprivileged only";
  return judged || skip !== "" ? { failure, messages, logLevel, flags, skip } : null;
}

const known = new WeakMap<BtfView, ReadonlyMap<number, readonly string[]>>();

function tagsOf(btf: BtfView): ReadonlyMap<number, readonly string[]> {
  const tags = known.get(btf) ?? collect(btf);
  known.set(btf, tags);
  return tags;
}

function collect(btf: BtfView): Map<number, string[]> {
  const tags = new Map<number, string[]>();
  for (let id = 1; id < btf.length; id++) {
    const type = btf.type(id);
    if (type.kind !== "decl_tag" || type.componentIdx !== -1 || !type.name.startsWith("comment:")) continue;
    tags.set(type.typeId, [...(tags.get(type.typeId) ?? []), type.name.slice("comment:".length)]);
  }
  return tags;
}

function split(tag: string): [string, string] {
  const at = tag.indexOf("=");
  return at < 0 ? [tag, ""] : [tag.slice(0, at), tag.slice(at + 1)];
}

const CLASSES: Readonly<Record<string, string>> = { digit: "0-9", alpha: "a-zA-Z", alnum: "0-9a-zA-Z", space: " \\t" };

function patternOf(text: string): RegExp {
  const source = text
    .split(/\{\{([\s\S]*?)\}\}/)
    .map((part, i) =>
      i % 2 === 0
        ? part.replace(/[.[\]\\()*+?{}|^$]/g, "\\$&")
        : part.replace(/\[:(\w+):\]/g, (_, name: string) => CLASSES[name] ?? "").replaceAll("[^", "[^\\n"),
    )
    .join("");
  return new RegExp(source, "m");
}

/** Where a message begins and ends at or after `from`. */
function find(log: string, message: ExpectedMessage, from: number): readonly [number, number] | null {
  if (!message.text.includes("{{")) {
    const at = log.indexOf(message.text, from);
    return at < 0 ? null : [at, at + message.text.length];
  }
  const match = patternOf(message.text).exec(log.slice(from));
  return match === null ? null : [from + match.index, from + match.index + match[0].length];
}

/** Indexes of the messages that the log misses, or holds although it must not. Each is looked for behind the one before. */
export function unmet(log: string, messages: readonly ExpectedMessage[]): number[] {
  const places: ([number, number] | null)[] = [];
  let from = 0;
  for (const message of messages) {
    const place = message.negative ? null : find(log, message, from);
    places.push(place === null ? null : [place[0], place[1]]);
    from = place?.[1] ?? from;
  }
  const bad: number[] = [];
  let start = 0;
  messages.forEach((message, i) => {
    const place = places[i]!;
    if (!message.negative) {
      if (place === null) bad.push(i);
      start = place?.[1] ?? start;
      return;
    }
    const next = messages.findIndex((other, k) => k > i && !other.negative);
    const end = next < 0 ? log.length : (places[next]?.[0] ?? start);
    const seen = find(log, message, start);
    if (seen !== null && seen[1] <= end) bad.push(i);
  });
  return bad;
}
