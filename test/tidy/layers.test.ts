import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { importsOf, ROOT, readSource, sourceFiles, valueImportsOf } from "./source.ts";

/** Folder -> folders it may import. ARCHITECTURE.md shows the same table; the test below compares. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  isa: ["base"],
  elf: ["base"],
  btf: ["base"],
  wasm: ["base"],
  pcap: ["base"],
  abi: ["base", "isa", "btf"],
  layout: ["base", "abi"],
  asm: ["base", "isa", "abi"],
  obj: ["base", "isa", "btf", "abi", "elf"],
  ir: ["base", "isa"],
  codegen: ["base", "isa", "elf", "btf", "abi", "obj", "asm", "ir"],
  lang: ["base", "isa", "btf", "abi", "obj", "asm", "ir", "codegen"],
  verifier: ["base", "isa", "btf", "abi", "obj", "asm"],
  engine: ["base", "isa", "abi", "obj", "layout", "wasm"],
  loader: ["base", "isa", "btf", "abi", "obj", "pcap"],
  runtime: ["base", "isa", "elf", "btf", "wasm", "pcap", "abi", "layout", "obj", "verifier", "engine", "loader"],
  linux: ["base", "isa", "elf", "btf", "abi", "obj", "loader", "verifier", "pcap"],
  host: ["base", "btf"],
};

/** Files directly in src/ are the published entries and may compose everything but the command line. */
const folderOf = (file: string): string => (file.includes("/") ? file.slice(0, file.indexOf("/")) : "");

test("folders import only what the layering allows", () => {
  const wrong: string[] = [];
  for (const file of sourceFiles()) {
    const folder = folderOf(file);
    for (const imported of importsOf(file)) {
      if (!imported.endsWith(".ts")) continue;
      const target = folderOf(imported);
      if (folder === "cli" || target === folder) continue;
      const allowed = folder === "" ? target !== "cli" : (LAYERS[folder]?.includes(target) ?? false);
      if (!allowed) wrong.push(`${file} imports ${imported}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("there are no import cycles between files", () => {
  const state = new Map<string, "open" | "done">();
  const cycles: string[] = [];
  const visit = (file: string, path: string[]): void => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      cycles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
      return;
    }
    state.set(file, "open");
    for (const imported of valueImportsOf(file)) visit(imported, [...path, file]);
    state.set(file, "done");
  };
  for (const file of sourceFiles()) visit(file, []);
  expect(cycles).toEqual([]);
});

test("only linux, cli and the Node side of host use Node", () => {
  const wrong = sourceFiles()
    .filter((file) => !/^(linux|cli)\/|^host\/node\.ts$/.test(file))
    .flatMap((file) =>
      importsOf(file)
        .filter((imported) => !imported.endsWith(".ts") && imported !== "#host")
        .map((imported) => `${file} imports ${imported}`),
    );
  expect(wrong).toEqual([]);
});

test("only the verifier seals programs", () => {
  const users = sourceFiles().filter((file) => /\bsealVerified\b/.test(readSource(file)));
  expect(users.filter((file) => !file.startsWith("verifier/"))).toEqual(["obj/verified.ts"]);
});

test("source files stay under 500 lines, or say why", () => {
  const long = sourceFiles()
    .filter((file) => !file.endsWith(".gen.ts"))
    .filter((file) => {
      const text = readSource(file);
      return text.split("\n").length > 500 && !/^ ?\*? ?.*Long because/m.test(text);
    });
  expect(long).toEqual([]);
});

test("ARCHITECTURE.md shows the same layers", () => {
  const text = readFileSync(`${ROOT}/ARCHITECTURE.md`, "utf8");
  const shown = new Map(
    [...text.matchAll(/^\| `(\w+)` \|[^|]*\| ([\w ]+) \|$/gm)].map((row) => [row[1]!, row[2]!.trim()]),
  );
  expect(shown.get("cli")).toBe("anything");
  shown.delete("cli");
  const held = Object.entries(LAYERS).map(([folder, allowed]) => [folder, allowed.join(" ") || "nothing"]);
  expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(held));
});
