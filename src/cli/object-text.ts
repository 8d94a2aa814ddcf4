/** What `skep inspect` prints for people. */
import { bytesText, type Column, count, table } from "./format.ts";
import type { MapDocument, ObjDocument, ProgDocument } from "./object-document.ts";
import { colors, jsonValue } from "./output.ts";

export function objectText(document: ObjDocument, relocs: boolean): string {
  const c = colors();
  const lines: string[] = [];
  const section = (title: string, rows: readonly (readonly string[])[], columns: readonly Column[]) => {
    if (rows.length === 0) return;
    lines.push("", c.bold(title), ...table(rows, columns, { paintHead: c.dim }));
  };
  const name: Column = { head: "name", paint: c.cyan };

  lines.push(headline(document));
  section("Programs", document.programs.map(progRow), [
    name,
    { head: "section" },
    { head: "type" },
    { head: "attach" },
    { head: "insns", align: "right" },
    { head: "subprogs", align: "right" },
    { head: "relocs", align: "right" },
    { head: "CO-RE", align: "right" },
    { head: "notes", paint: c.yellow },
  ]);
  section("Subprograms", subprogRows(document.programs), [name, { head: "linkage" }, { head: "linked into" }]);
  section("Maps", document.maps.flatMap(mapRows), [
    name,
    { head: "type" },
    { head: "key" },
    { head: "value" },
    { head: "entries", align: "right" },
    { head: "flags" },
    { head: "notes" },
  ]);
  section(
    "Globals",
    document.globals.map((one) => [
      one.name,
      one.section,
      one.type,
      String(one.offset),
      String(one.size),
      one.linkage === "static" ? "static" : "",
      one.value === null ? "" : short(JSON.stringify(one.value, jsonValue)),
    ]),
    [
      name,
      { head: "section" },
      { head: "type" },
      { head: "offset", align: "right" },
      { head: "bytes", align: "right" },
      { head: "linkage" },
      { head: "initially" },
    ],
  );
  section(
    "Externs",
    document.externs.map((one) => [one.name, one.kind, one.type, one.weak ? "weak" : ""]),
    [name, { head: "kind" }, { head: "type" }, { head: "" }],
  );
  if (relocs) for (const prog of document.programs) relocSection(prog, section);
  if (document.btf !== null) {
    const kinds = Object.entries(document.btf.kinds).sort((a, b) => b[1] - a[1]);
    lines.push("", c.bold("BTF"), `  ${count(document.btf.types, "type")}, ${bytesText(document.btf.bytes)}`);
    lines.push(`  ${kinds.map(([kind, n]) => `${n} ${kind}`).join(", ")}`);
  }
  return lines.join("\n");
}

function headline(document: ObjDocument): string {
  const c = colors();
  const license = document.license === "" ? "no licence" : `licence ${document.license}`;
  const facts = [license, count(document.programs.length, "program"), count(document.maps.length, "map")];
  if (document.kernelVersion !== "") facts.push(`for kernel ${document.kernelVersion}`);
  if (document.btf === null) facts.push("no BTF");
  return `${c.bold(document.file)}: ${facts.join(", ")}`;
}

function progRow(prog: ProgDocument): string[] {
  const notes: string[] = [];
  if (!prog.autoload) notes.push("not loaded by default");
  if (prog.sleepable) notes.push("sleepable");
  if (prog.type === "") notes.push("unknown section name");
  return [
    prog.name,
    prog.section,
    prog.type,
    [prog.attachType, prog.attachTo].filter((text) => text !== "").join(" "),
    String(prog.insns),
    String(prog.functions.length - 1),
    String(prog.relocs.length),
    String(prog.core.length),
    notes.join(", "),
  ];
}

function subprogRows(programs: readonly ProgDocument[]): string[][] {
  const users = new Map<string, { linkage: string; progs: string[] }>();
  for (const prog of programs) {
    for (const func of prog.functions.slice(1)) {
      const entry = users.get(func.name) ?? { linkage: func.linkage, progs: [] };
      entry.progs.push(`${prog.name}@${func.insn}`);
      users.set(func.name, entry);
    }
  }
  return [...users].map(([name, { linkage, progs }]) => [name, linkage, short(progs.join(" "), 60)]);
}

function mapRows(map: MapDocument): string[][] {
  const notes: string[] = [];
  if (map.pinByName) notes.push("pinned by name");
  if (map.mapExtra !== 0n) notes.push(`extra 0x${map.mapExtra.toString(16)}`);
  if (map.numaNode !== null) notes.push(`node ${map.numaNode}`);
  if (map.slots.length > 0) notes.push(short(map.slots.map((slot) => `[${slot.index}]=${slot.name}`).join(" "), 60));
  if (map.structOps !== null) {
    notes.push(map.structOps.type, ...map.structOps.progs.map((prog) => `+${prog.offset}=${prog.name}`));
    if (!map.structOps.autocreate) notes.push("not made by default");
  }
  const row = [
    map.name,
    map.type,
    sized(map.key),
    sized(map.value),
    String(map.maxEntries),
    map.flags.join(" "),
    notes.join(", "),
  ];
  return map.inner === null ? [row] : [row, ...mapRows(map.inner)];
}

function sized({ type, size }: { type: string; size: number }): string {
  if (size === 0) return type;
  return type === "" ? `${size} bytes` : `${type} (${size})`;
}

function relocSection(
  prog: ProgDocument,
  section: (title: string, rows: readonly (readonly string[])[], columns: readonly Column[]) => void,
): void {
  const rows = [
    ...prog.relocs.map(({ insn, kind, name, offset, type, weak }) => ({
      insn,
      cells: [kind, name, offset === undefined ? "" : `+${offset}`, type ?? "", weak === true ? "weak" : ""],
    })),
    ...prog.core.map(({ insn, kind, type, access, path }) => ({
      insn,
      cells: [kind, path === "" ? type : path, access, "", ""],
    })),
  ].sort((a, b) => a.insn - b.insn);
  section(
    `Relocations of ${prog.name}`,
    rows.map((row) => [String(row.insn), ...row.cells]),
    [
      { head: "insn", align: "right" },
      { head: "kind" },
      { head: "of" },
      { head: "at" },
      { head: "type" },
      { head: "" },
    ],
  );
}

function short(text: string, max = 40): string {
  return text.length <= max ? text : `${text.slice(0, max - 3)}...`;
}
