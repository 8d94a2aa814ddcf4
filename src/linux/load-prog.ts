/**
 * BPF_PROG_LOAD with what people want from it: statistics where it succeeds, the whole log where it does not, and the
 * three kinds of failure told apart.
 *
 *     level 4 (statistics and errors only)  ->  fd
 *                                           ->  rejected: again with level 1, the buffer as large as the log
 */
import { attachType } from "../abi/attach-types.ts";
import { BPF_LOG_LEVEL1, BPF_LOG_STATS } from "../abi/flags.ts";
import { progType, progTypeWord } from "../abi/prog-types.ts";
import { hasSince } from "../abi/since.ts";
import { E2BIG, EINVAL, ENOSPC, ENOTSUPP, EPERM } from "../base/errno.ts";
import type { SkepError } from "../base/error.ts";
import type { Bpf } from "./bpf/call.ts";
import { loadProg, logText, type ProgAttr } from "./bpf/prog.ts";
import { EXHAUSTED, isExhaustion, NotSupported, Refused, sysError, VerifierError } from "./errors.ts";
import { decisiveLine, parseStats, type VerifierStats } from "./log.ts";

const SHORT_LOG_BYTES = 64 * 1024;
const MAX_LOG_BYTES = 256 * 1024 * 1024;

export interface LoadedProg {
  readonly fd: number;
  readonly stats: VerifierStats;
}

/** Throws VerifierError, NotSupported, Refused or SkepError "linux/<ERRNO>". */
export function loadVerified(bpf: Bpf, attr: ProgAttr, release: string): LoadedProg {
  const { fd } = loadProg(bpf, attr, BPF_LOG_STATS, SHORT_LOG_BYTES);
  const short = logText(bpf, SHORT_LOG_BYTES);
  if (fd >= 0) return { fd, stats: parseStats(short) };
  throw loadError(bpf, attr, -fd, short, release);
}

/** A load for the log: level 1 or 2, whole, however long. The program is closed again. */
export function wholeLog(bpf: Bpf, attr: ProgAttr, level: number): { readonly errno: number; readonly log: string } {
  let bytes = SHORT_LOG_BYTES * 4;
  for (;;) {
    const { fd, logTrueSize } = loadProg(bpf, attr, level | BPF_LOG_STATS, bytes);
    bpf.close(fd);
    // From 6.4 on the kernel keeps the log's end and says how long it is; before, it said ENOSPC.
    const wanted = fd === -ENOSPC ? bytes * 4 : logTrueSize;
    if (wanted <= bytes || bytes >= MAX_LOG_BYTES) return { errno: fd >= 0 ? 0 : -fd, log: logText(bpf, bytes) };
    bytes = Math.min(Math.max(wanted, bytes), MAX_LOG_BYTES);
  }
}

function loadError(bpf: Bpf, attr: ProgAttr, errno: number, short: string, release: string): SkepError {
  const name = attr.name ?? "program";
  const stats = parseStats(short);
  // It was accepted, and there was no room for it.
  if (isExhaustion(errno)) {
    return sysError(`loading ${name} (${progTypeWord(attr.type)})`, errno, { site: { prog: name }, advice: EXHAUSTED });
  }
  // The verifier has spoken: its statistics or at least a sentence are in the log.
  if (short.trim() !== "" || errno === ENOSPC) {
    const { log } = wholeLog(bpf, attr, BPF_LOG_LEVEL1);
    // Statistics alone: what it was asked to look at is what it does not know.
    if (stats.processed > 0 || decisiveLine(log) !== "" || decisiveLine(short) !== "")
      return new VerifierError(name, log === "" ? short : log, stats, errno);
  }
  return silentError(attr, errno, release, name);
}

/** Failures before the verifier begins: the log is empty. */
export function silentError(attr: ProgAttr, errno: number, release: string, name: string): SkepError {
  const row = progType(attr.type);
  const site = { site: { prog: name }, errno };
  if (errno === EPERM) return new Refused(`loading ${name} (${progTypeWord(attr.type)})`, errno, { site: site.site });
  if (errno === ENOTSUPP) return new NotSupported(`support for what ${name} asks for`, "", site);
  if ((errno === EINVAL || errno === E2BIG) && (row === undefined || !hasSince(release, row.since))) {
    return new NotSupported(`program type ${progTypeWord(attr.type)}`, row?.since ?? "", site);
  }
  const attach = attachType(attr.expectedAttachType ?? 0);
  if (errno === EINVAL && attach !== undefined && !hasSince(release, attach.since)) {
    return new NotSupported(`${attach.word} programs`, attach.since, site);
  }
  return sysError(`loading ${name} (${progTypeWord(attr.type)})`, errno, {
    ...site,
    advice:
      errno === EINVAL
        ? "the verifier did not run: a type this kernel is configured without, or an attach type or flag it does not take"
        : "the verifier did not run",
  });
}
