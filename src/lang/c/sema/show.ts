/** Types as C text, for messages: `struct foo *`, `int[4]`, `void (*)(int)`. */
import { ATOMIC, CONST, type CType, RESTRICT, VOLATILE } from "../types.ts";

export function showType(type: CType): string {
  return declare(type, "", 0).trimEnd();
}

/** `'T'`, with what the typedef stands for where there is one: `'u32' (aka 'unsigned int')`. */
export function quoteType(type: CType): string {
  const plain = showType(type);
  let t = type;
  while (t.kind === "typedef" || (t.kind === "qual" && t.type.kind === "typedef")) t = t.type;
  const deep = t === type ? plain : showType(t);
  return plain === deep || deep === "" ? `'${plain}'` : `'${plain}' (aka '${deep}')`;
}

function declare(type: CType, inner: string, depth: number): string {
  if (depth > 24) return `...${inner}`;
  switch (type.kind) {
    case "void":
      return join("void", inner);
    case "int":
    case "float":
    case "typedef":
      return join(type.name, inner);
    case "record":
      return join(`${type.union ? "union" : "struct"} ${type.name === "" ? "(unnamed)" : type.name}`, inner);
    case "enum":
      return join(`enum ${type.name === "" ? "(unnamed)" : type.name}`, inner);
    case "tag":
      return declare(type.type, inner, depth + 1);
    case "qual": {
      const words: string[] = [];
      if ((type.quals & CONST) !== 0) words.push("const");
      if ((type.quals & VOLATILE) !== 0) words.push("volatile");
      if ((type.quals & RESTRICT) !== 0) words.push("restrict");
      if ((type.quals & ATOMIC) !== 0) words.push("_Atomic");
      if (type.addressSpace !== 0) words.push(`__attribute__((address_space(${type.addressSpace})))`);
      if (type.type.kind === "ptr")
        return declare(type.type, `${words.join(" ")}${inner === "" ? "" : ` ${inner}`}`, depth + 1);
      return `${words.join(" ")} ${declare(type.type, inner, depth + 1)}`;
    }
    case "ptr": {
      const to = bareForShape(type.to);
      return declare(type.to, to ? `(*${inner})` : `*${inner}`, depth + 1);
    }
    case "array":
      return declare(type.of, `${inner}[${type.count < 0 ? "" : type.count}]`, depth + 1);
    case "func": {
      const params = type.params.map((param) => declare(param, "", depth + 1).trimEnd());
      if (type.variadic) params.push("...");
      if (params.length === 0 && !type.unspecified) params.push("void");
      return declare(type.ret, `${inner}(${params.join(", ")})`, depth + 1);
    }
  }
}

/** Arrays and functions bind tighter than `*`. */
function bareForShape(type: CType): boolean {
  let t = type;
  while (t.kind === "qual" || t.kind === "tag") t = t.type;
  return t.kind === "array" || t.kind === "func";
}

function join(name: string, inner: string): string {
  return inner === "" ? name : inner.startsWith("[") ? `${name}${inner}` : `${name} ${inner}`;
}
