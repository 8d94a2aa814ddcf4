/**
 * Insns for kernels that know less of bpf(2): helpers that came later and do what an older one does, and maps by fd where
 * there is no fd_array (before 5.14).
 *
 *     probe_read_{kernel,user} (5.5)       -> probe_read           ld_imm64 src 5 (map by index)   -> src 1, imm = fd
 *     probe_read_{kernel,user}_str (5.5)   -> probe_read_str       ld_imm64 src 6 (value of map)   -> src 2, imm = fd
 *
 * Source: tools/lib/bpf/libbpf.c bpf_object__sanitize_prog(), kernel/bpf/verifier.c resolve_pseudo_ldimm64(), 5.14.
 */
import { BPF_PSEUDO_MAP_FD, BPF_PSEUDO_MAP_IDX, BPF_PSEUDO_MAP_IDX_VALUE, BPF_PSEUDO_MAP_VALUE } from "../isa/codes.ts";
import { copyInsns, type InsnBuf } from "../isa/insn.ts";

const CALL = 0x85;
const LD_IMM64 = 0x18;

const OLDER_HELPERS: ReadonlyMap<number, number> = new Map([
  [112, 4],
  [113, 4],
  [114, 45],
  [115, 45],
]);

/** The same buffer where nothing had to be changed. */
export function fitInsns(
  insns: InsnBuf,
  fds: readonly number[],
  has: (feature: "probe_read_kernel" | "fd_array") => boolean,
): InsnBuf {
  const helpers = needsOlderHelper(insns) && !has("probe_read_kernel");
  const maps = fds.length > 0 && !has("fd_array");
  if (!helpers && !maps) return insns;
  const fitted = copyInsns(insns);
  const { code, src, imm } = fitted;
  for (let i = 0; i < fitted.length; i++) {
    if (helpers && code[i] === CALL && src[i] === 0) imm[i] = OLDER_HELPERS.get(imm[i]!) ?? imm[i]!;
    if (code[i] !== LD_IMM64) continue;
    if (maps && src[i] === BPF_PSEUDO_MAP_IDX) {
      src[i] = BPF_PSEUDO_MAP_FD;
      imm[i] = fds[imm[i]!] ?? -1;
    } else if (maps && src[i] === BPF_PSEUDO_MAP_IDX_VALUE) {
      src[i] = BPF_PSEUDO_MAP_VALUE;
      imm[i] = fds[imm[i]!] ?? -1;
    }
    i++; // the second half is no insn
  }
  return fitted;
}

function needsOlderHelper(insns: InsnBuf): boolean {
  const { code, src, imm } = insns;
  for (let i = 0; i < insns.length; i++) {
    if (code[i] === CALL && src[i] === 0 && OLDER_HELPERS.has(imm[i]!)) return true;
    if (code[i] === LD_IMM64) i++;
  }
  return false;
}
