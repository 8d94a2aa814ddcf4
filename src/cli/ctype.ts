/** Names of BTF types as C writes them, short enough for a table. */
import type { BtfView } from "../btf/types.ts";

/** Steps that a name may take: hostile BTF points in circles, and functions of functions of functions grow fast. */
const MAX_STEPS = 64;

/** "__u32", "struct key", "char[16]", "const struct sock *", "void (*)(int)"; "" for id 0 where `none` is "". */
export function cType(btf: BtfView | null, id: number, none = "void"): string {
  if (btf === null || id === 0) return none;
  return declare({ btf, steps: 0 }, id, "");
}

interface Walk {
  readonly btf: BtfView;
  steps: number;
}

function declare(walk: Walk, id: number, inner: string): string {
  if (++walk.steps > MAX_STEPS) return `...${inner}`;
  const { btf } = walk;
  const type = btf.type(id);
  switch (type.kind) {
    case "void":
      return `void${spaced(inner)}`;
    case "ptr": {
      const target = btf.type(type.typeId).kind;
      const pointed = target === "array" || target === "func_proto" ? `(*${inner})` : `*${inner}`;
      return declare(walk, type.typeId, pointed);
    }
    case "array":
      return declare(walk, type.typeId, `${inner}[${type.nelems}]`);
    case "func_proto": {
      const params = type.params
        .slice(0, MAX_STEPS)
        .map((param) => (param.typeId === 0 ? "..." : declare(walk, param.typeId, "")));
      return declare(walk, type.retTypeId, `${inner}(${params.join(", ") || "void"})`);
    }
    case "const":
    case "volatile":
    case "restrict":
      return `${type.kind} ${declare(walk, type.typeId, inner)}`;
    case "type_tag":
      return declare(walk, type.typeId, inner);
    case "struct":
    case "union":
      return `${type.kind} ${type.name === "" ? "{...}" : type.name}${spaced(inner)}`;
    case "fwd":
      return `${type.union ? "union" : "struct"} ${type.name}${spaced(inner)}`;
    case "enum":
    case "enum64":
      return `enum ${type.name === "" ? "{...}" : type.name}${spaced(inner)}`;
    case "var":
      return declare(walk, type.typeId, inner);
    default:
      return `${type.name}${spaced(inner)}`;
  }
}

function spaced(inner: string): string {
  return inner === "" || inner.startsWith("[") ? inner : ` ${inner}`;
}
