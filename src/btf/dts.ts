/**
 * TypeScript declarations of an object file, for `load<SynGuard>()`: programs and maps by name, globals by section, each
 * typed as value.ts decodes it. A struct, union or enum that C names becomes an exported type of that name.
 *
 *     export interface SynGuard {
 *       programs: { syn_guard: "xdp" };
 *       maps: { syns: { type: "lru_hash"; key: number; value: Source } };
 *       rodata: { limit: number };
 *       data: {};
 *       bss: {};
 *     }
 */
import type { BtfComposite, BtfEnum, BtfMember, BtfView } from "./types.ts";
import { bareType, codecOf, isChar } from "./value.ts";

/** What of an object is needed: an ObjSpec has it. */
export interface DtsObject {
  readonly name: string;
  readonly programs: readonly { readonly name: string; readonly type: number }[];
  readonly maps: readonly DtsMap[];
}

export interface DtsMap {
  readonly name: string;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly keyTypeId: number;
  readonly valueTypeId: number;
  readonly btf: BtfView | null;
  /** Section whose variables the map holds, null for maps that the author named. */
  readonly global: string | null;
}

/** The kernel's words for numbers, which live in the tables of abi/. */
export interface DtsWords {
  /** "xdp" for BPF_PROG_TYPE_XDP. */
  prog(type: number): string;
  /** "lru_hash" for BPF_MAP_TYPE_LRU_HASH. */
  map(type: number): string;
}

/** Text of a module. The interface is called after the file, syn_guard.bpf.o as SynGuard, unless `name` says otherwise. */
export function declarations(object: DtsObject, words: DtsWords, name: string = interfaceName(object.name)): string {
  const types = new TypeNames(name);
  const programs = object.programs.map((prog) => `${property(prog.name)}: ${JSON.stringify(words.prog(prog.type))};`);
  const maps = object.maps
    .filter((map) => map.global === null)
    .map((map) => {
      const word = words.map(map.type);
      const key = map.keySize === 0 ? "never" : types.of(map.btf, map.keyTypeId);
      const value = types.of(map.btf, map.valueTypeId);
      const shown = word.includes("percpu") ? listOf(value) : value;
      return `${property(map.name)}: { type: ${JSON.stringify(word)}; key: ${key}; value: ${shown} };`;
    });
  const globals = (section: string): string[] =>
    object.maps.filter((map) => map.global === section).flatMap((map) => variables(types, map));
  const parts = [
    `// Written by \`skep gen ${baseName(object.name)}\`: the types of its programs, maps and globals.`,
    "",
    `export interface ${name} {`,
    ...block("programs", programs),
    ...block("maps", maps),
    ...block("rodata", globals("rodata")),
    ...block("data", globals("data")),
    ...block("bss", globals("bss")),
    "}",
    ...types.exported(),
  ];
  return `${parts.join("\n")}\n`;
}

function block(name: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [`  ${name}: {};`];
  return [`  ${name}: {`, ...lines.map((line) => `    ${line}`), "  };"];
}

function variables(types: TypeNames, map: DtsMap): string[] {
  if (map.btf === null || map.valueTypeId === 0) return [];
  const section = map.btf.type(map.valueTypeId);
  if (section.kind !== "datasec") return [];
  const { btf } = map;
  return section.vars.map((entry) => `${property(btf.type(entry.typeId).name)}: ${types.of(btf, entry.typeId)};`);
}

/** "syn_guard.bpf.o" and "dir/syn-guard.o" are SynGuard. */
export function interfaceName(file: string): string {
  return pascalCase(baseName(file).replace(/(\.bpf)?\.[a-z0-9]+$/i, "")) || "BpfObject";
}

function baseName(file: string): string {
  return file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
}

function pascalCase(name: string): string {
  const text = name
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "")
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join("");
  return /^\d/.test(text) ? `_${text}` : text;
}

/** Names that the text itself uses, or that would hide a global that it uses. */
const TAKEN = [
  "Uint8Array",
  "Array",
  "Record",
  "Object",
  "String",
  "Number",
  "Boolean",
  "Symbol",
  "Function",
  "Promise",
];

class TypeNames {
  private readonly used: Set<string>;
  private readonly names = new Map<BtfView, Map<number, string>>();
  private readonly texts: string[] = [];

  constructor(own: string) {
    this.used = new Set([...TAKEN, own]);
  }

  /** Types that were met, in the order in which they were needed. */
  exported(): string[] {
    return this.texts.flatMap((text) => ["", text]);
  }

  /** Text of the type that a value has once decoded. */
  of(btf: BtfView | null, id: number, typedefName = ""): string {
    if (btf === null || id === 0) return "Uint8Array";
    try {
      codecOf(btf, id);
    } catch {
      return "unknown"; // what has no values: a struct that is only declared
    }
    return this.text(btf, id, typedefName);
  }

  private text(btf: BtfView, id: number, typedefName: string): string {
    const type = btf.type(id);
    switch (type.kind) {
      case "typedef":
        return this.text(btf, type.typeId, typedefName === "" ? type.name : typedefName);
      case "const":
      case "volatile":
      case "restrict":
      case "type_tag":
      case "var":
        return this.text(btf, type.typeId, typedefName);
      case "int":
        return type.bool ? "boolean" : type.sizeBytes > 4 ? "bigint" : "number";
      case "ptr":
        return "bigint";
      case "float":
        return type.sizeBytes === 4 || type.sizeBytes === 8 ? "number" : "Uint8Array";
      case "array": {
        const element = btf.type(btf.skipMods(type.typeId));
        if (element.kind === "int" && element.sizeBytes === 1 && !element.bool) {
          if (isChar(element)) return "string";
          if (!element.signed) return "Uint8Array";
        }
        return listOf(this.text(btf, type.typeId, ""));
      }
      case "enum":
      case "enum64": {
        const union = enumText(type);
        const name = type.name === "" ? typedefName : type.name;
        if (name === "") return union;
        return this.named(btf, id, name, (typeName) => `/** enum ${name} */\nexport type ${typeName} = ${union};`);
      }
      case "struct":
      case "union": {
        const name = type.name === "" ? typedefName : type.name;
        if (name === "")
          return `{ ${this.members(btf, type)
            .map((line) => line.text)
            .join(" ")} }`;
        return this.named(btf, id, name, (typeName) => {
          const what = type.name === "" ? typedefName : `${type.kind} ${type.name}`;
          const head = `/** ${what}, ${type.sizeBytes} byte${type.sizeBytes === 1 ? "" : "s"} */`;
          const lines = this.members(btf, type).map(
            ({ doc, text }) => `${doc === "" ? "" : `  /** ${doc} */\n`}  ${text}`,
          );
          return `${head}\nexport interface ${typeName} {\n${lines.join("\n")}${lines.length > 0 ? "\n" : ""}}`;
        });
      }
      default:
        return "unknown";
    }
  }

  private named(btf: BtfView, id: number, cName: string, write: (typeName: string) => string): string {
    let known = this.names.get(btf);
    if (known === undefined) {
      known = new Map();
      this.names.set(btf, known);
    }
    const before = known.get(id);
    if (before !== undefined) return before;
    const stem = pascalCase(cName) || "Type";
    let name = stem;
    for (let n = 2; this.used.has(name); n++) name = `${stem}${n}`;
    this.used.add(name);
    known.set(id, name);
    const place = this.texts.push("") - 1;
    this.texts[place] = write(name);
    return name;
  }

  private members(btf: BtfView, type: BtfComposite): { doc: string; text: string }[] {
    return type.members.flatMap((member) => {
      if (member.name === "") {
        const inner = btf.type(btf.skipMods(member.typeId));
        return inner.kind === "struct" || inner.kind === "union" ? this.members(btf, inner) : [];
      }
      return [{ doc: docOf(btf, member), text: `${property(member.name)}: ${this.text(btf, member.typeId, "")};` }];
    });
  }
}

function docOf(btf: BtfView, member: BtfMember): string {
  if (member.bitSize > 0) return `${member.bitSize} bit${member.bitSize === 1 ? "" : "s"}`;
  if (bareType(btf, member.typeId).bigEndian) return "big-endian in memory, host order here";
  return "";
}

function enumText(type: BtfEnum): string {
  const names = [...new Set(type.values.map((value) => JSON.stringify(value.name)))];
  return [...names, type.sizeBytes === 8 ? "bigint" : "number"].join(" | ");
}

function listOf(text: string): string {
  return /^[A-Za-z0-9_]+$/.test(text) ? `${text}[]` : `(${text})[]`;
}

function property(name: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? name : JSON.stringify(name);
}
