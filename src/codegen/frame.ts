/** Where slots lie below r10: big alignments first come first served, each slot at a multiple of its alignment. */

import type { IrDiagnostic, IrFunction } from "../ir/ir.ts";
import { MAX_BPF_STACK } from "../isa/codes.ts";
import type { MFunction } from "./mir.ts";

export function layOutFrame(fn: MFunction, from: IrFunction, diagnostics: IrDiagnostic[]): void {
  let depth = 0;
  for (const slot of fn.slots) {
    const align = slot.sizeBytes >= 8 ? 8 : Math.max(slot.align, 1);
    depth = Math.ceil((depth + slot.sizeBytes) / align) * align;
    slot.offBytes = -depth;
  }
  if (depth <= MAX_BPF_STACK) return;
  const big = [...fn.slots].sort((a, b) => b.sizeBytes - a.sizeBytes).slice(0, 3);
  const names = big.map((slot) => `${slot.name === "" ? "a temporary" : slot.name}: ${slot.sizeBytes}`).join(", ");
  diagnostics.push({
    code: "stack/size",
    severity: "error",
    message: `'${fn.name}' needs ${depth} bytes of stack (${names}); eBPF has ${MAX_BPF_STACK}`,
    advice: "put large data into a per-CPU array map of one entry and take its address with bpf_map_lookup_elem",
    pos: from.pos,
    func: fn.name,
  });
}
