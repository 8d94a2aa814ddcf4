/**
 * What BTF does not say but a C compiler decides: alignment, and whether a struct must have been packed.
 * Sizes are those of a 64-bit target. Source: tools/lib/bpf/btf.c (btf__align_of), btf_dump.c (btf_is_struct_packed).
 */
import { SkepError } from "../base/error.ts";
import type { BtfComposite, BtfView } from "./types.ts";

const POINTER_BYTES = 8;
const MAX_DEPTH = 256;

export interface Layout {
  /** Natural alignment in bytes; 1 for a packed struct, 0 for what has none (void, func, fwd). */
  alignOf(id: number): number;
  /** Whether fields or size defy natural alignment. */
  isPacked(struct: BtfComposite): boolean;
}

export function layoutOf(btf: BtfView): Layout {
  const known = new Map<number, number>();
  const alignOf = (id: number, depth = 0): number => {
    const memo = known.get(id);
    if (memo !== undefined) return memo;
    if (depth > MAX_DEPTH) throw new SkepError("btf/depth", `type [${id}]: types contain one another without end`);
    const align = compute(id, depth);
    known.set(id, align);
    return align;
  };
  const compute = (id: number, depth: number): number => {
    const type = btf.type(id);
    switch (type.kind) {
      case "int":
      case "enum":
      case "enum64":
      case "float":
        return Math.min(POINTER_BYTES, type.sizeBytes);
      case "ptr":
        return POINTER_BYTES;
      case "typedef":
      case "volatile":
      case "const":
      case "restrict":
      case "type_tag":
      case "array":
        return alignOf(type.typeId, depth + 1);
      case "struct":
      case "union": {
        let max = 1;
        for (const member of type.members) {
          const align = alignOf(member.typeId, depth + 1);
          if (align === 0) return 0;
          max = Math.max(max, align);
          if (member.bitSize === 0 && member.bitOff % (8 * align) !== 0) return 1;
        }
        return type.sizeBytes % max === 0 ? max : 1;
      }
      default:
        return 0;
    }
  };
  return {
    alignOf: (id) => alignOf(id),
    isPacked(struct) {
      let max = 1;
      for (const member of struct.members) {
        const align = alignOf(member.typeId);
        if (align !== 0 && member.bitSize === 0 && member.bitOff % (8 * align) !== 0) return true;
        max = Math.max(max, align);
      }
      return struct.sizeBytes % max !== 0;
    },
  };
}
