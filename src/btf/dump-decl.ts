/**
 * C declarations out of BTF. A declarator is built from the name outwards, which is how BTF chains types:
 *
 *     ptr -> func_proto(int) -> ptr -> char      fn  =>  *fn  =>  (*fn)(int)  =>  *(*fn)(int)  =>  char *(*fn)(int)
 *
 * Spacing is bpftool's. const and volatile of an array or a function (a habit of GCC) are left out.
 */
import { SkepError } from "../base/error.ts";
import type { BtfComposite, BtfEnum, BtfFwd, BtfType, BtfView } from "./types.ts";

/** How the parts that need definitions or unique names are written. */
export interface DeclWriter {
  composite(id: number, type: BtfComposite, level: number): string;
  enumeration(id: number, type: BtfEnum, level: number): string;
  forward(id: number, type: BtfFwd): string;
  typedef(id: number): string;
  /** Called once for each type looked at: throws when a damaged graph makes it too much. */
  step(): void;
}

const MAX_CHAIN = 256;

export function declare(btf: BtfView, writer: DeclWriter, id: number, name: string, level: number): string {
  /** Whether a blank is needed between what comes before (unless that is a '*') and `text`. */
  let blank = name !== "";
  let text = name;
  let outer: "none" | "array" | "other" = "none";
  let mods: string[] = [];
  for (let depth = 0; depth < MAX_CHAIN; depth++) {
    writer.step();
    const type = btf.type(id);
    switch (type.kind) {
      case "const":
      case "volatile":
      case "restrict":
        mods.push(type.kind);
        id = type.typeId;
        continue;
      case "ptr":
        for (const mod of mods) {
          text = ` ${mod}${blank ? " " : ""}${text}`;
          blank = false;
        }
        text = `*${text}`;
        blank = true;
        outer = "other";
        id = type.typeId;
        break;
      case "type_tag":
        text = ` __attribute__((${tagText(type.name, type.attr)}))${blank ? " " : ""}${text}`;
        blank = false;
        outer = "other";
        id = type.typeId;
        continue;
      case "array":
        text = outer === "other" ? `(${text})[${type.nelems}]` : `${text}[${type.nelems}]`;
        blank = name !== "";
        outer = "array";
        id = type.typeId;
        break;
      case "func_proto": {
        const params = parameters(btf, writer, type.params, level);
        if (outer === "none") {
          text = `${text}(${params})`;
        } else {
          text = ` (${text})(${params})`;
          blank = false;
        }
        outer = "other";
        id = type.retTypeId;
        break;
      }
      default:
        mods.reverse();
        return `${mods.map((mod) => `${mod} `).join("")}${base(writer, id, type, level)}${blank ? " " : ""}${text}`;
    }
    mods = [];
  }
  throw new SkepError("btf/cycle", `type [${id}]: more than ${MAX_CHAIN} types refer to one another`, {
    advice: "the BTF is damaged",
  });
}

function parameters(
  btf: BtfView,
  writer: DeclWriter,
  params: readonly { readonly name: string; readonly typeId: number }[],
  level: number,
): string {
  // Clang for BPF writes (void) as one parameter of type void.
  if (params.length === 0 || (params.length === 1 && params[0]!.typeId === 0)) return "void";
  return params
    .map((param, i) =>
      i === params.length - 1 && param.typeId === 0 ? "..." : declare(btf, writer, param.typeId, param.name, level),
    )
    .join(", ");
}

function base(writer: DeclWriter, id: number, type: BtfType, level: number): string {
  switch (type.kind) {
    case "void":
      return "void";
    case "int":
    case "float":
      return type.name;
    case "struct":
    case "union":
      return writer.composite(id, type, level);
    case "enum":
    case "enum64":
      return writer.enumeration(id, type, level);
    case "fwd":
      return writer.forward(id, type);
    case "typedef":
      return writer.typedef(id);
    default:
      throw new SkepError("btf/decl", `type [${id}] (${type.kind} '${type.name}') cannot stand in a declaration`, {
        advice: "the BTF is damaged",
      });
  }
}

function tagText(name: string, attr: true | undefined): string {
  return attr ? name : `btf_type_tag("${name}")`;
}
