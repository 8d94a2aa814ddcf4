/** Headers by the name that #include uses, from tables of texts. */
import { GUARDS } from "./guards.ts";
import { funcIdEnum, helperDefs } from "./helpers.ts";

export type HeaderTable = Readonly<Record<string, string>>;

/** Headers made from tables when they are first asked for. */
const MADE: Readonly<Record<string, () => string>> = {
  "bpf/bpf_helper_defs.h": helperDefs,
  "skep/bpf_func_id.h": funcIdEnum,
};

export class HeaderFolder {
  private readonly tables: HeaderTable[];
  private readonly known = new Map<string, Uint8Array>();

  constructor(tables: readonly HeaderTable[]) {
    this.tables = [...tables];
  }

  add(table: HeaderTable): void {
    this.tables.push(table);
  }

  /** The header's text, or undefined where there is none of that name. */
  read(name: string): Uint8Array | undefined {
    const cached = this.known.get(name);
    if (cached !== undefined) return cached;
    const text = this.text(name);
    if (text === undefined) return undefined;
    const bytes = new TextEncoder().encode(text);
    this.known.set(name, bytes);
    return bytes;
  }

  /** Names of all of them, sorted. */
  names(): string[] {
    return [...this.tables.flatMap((table) => Object.keys(table)), ...Object.keys(MADE)].sort();
  }

  private text(name: string): string | undefined {
    const text = this.body(name);
    const guard = Object.hasOwn(GUARDS, name) ? GUARDS[name] : undefined;
    return text === undefined || guard === undefined ? text : `#ifndef ${guard}\n#define ${guard}\n${text}\n#endif\n`;
  }

  private body(name: string): string | undefined {
    if (Object.hasOwn(MADE, name)) return MADE[name]!();
    for (const table of this.tables) if (Object.hasOwn(table, name)) return table[name];
    return undefined;
  }
}
