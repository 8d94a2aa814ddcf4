/** What `skep init` does: a project that counts TCP connects by process, compiled and ready to run. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { SkepError } from "../base/error.ts";
import { parseObject } from "../obj/parse.ts";
import { compileFile, reportCompile } from "./compile.ts";
import { OBJECT_FILE, PROGRAM_FILE, projectFiles, TYPES_FILE } from "./init-files.ts";
import { writeOut } from "./out-file.ts";
import { output, print, printJson } from "./output.ts";
import { typesOf } from "./types-of.ts";

/** Throws "usage/exists" rather than write over a file. */
export async function initProject(folder: string): Promise<void> {
  const place = resolve(folder);
  const files = projectFiles(packageName(place), skepDependency());
  const there = [...Object.keys(files), OBJECT_FILE, TYPES_FILE].find((name) => existsSync(join(place, name)));
  if (there !== undefined) {
    throw new SkepError("usage/exists", `${join(folder, there)} is there already`, {
      advice: "give a new folder: skep init DIR",
    });
  }
  try {
    mkdirSync(place, { recursive: true });
  } catch (cause) {
    throw new SkepError("usage/unwritable", `cannot make the folder ${folder}: ${(cause as Error).message}`, { cause });
  }
  for (const [name, text] of Object.entries(files)) writeOut(join(place, name), text);
  const source = join(place, PROGRAM_FILE);
  const result = await compileFile(source, {});
  reportCompile(source, result);
  const object = result.object!;
  writeOut(join(place, OBJECT_FILE), object);
  writeFileSync(join(place, TYPES_FILE), typesOf(parseObject(object, OBJECT_FILE)));

  const written = [...Object.keys(files), OBJECT_FILE, TYPES_FILE].sort();
  if (output.json) return printJson({ folder: place, files: written });
  const steps = relative(process.cwd(), place);
  print(`wrote ${written.join(", ")}\n`);
  if (steps !== "") print(`  cd ${steps}`);
  print("  npm install");
  print("  npm test           # no root, no kernel");
  print("  sudo npm start     # counts TCP connects of its own cgroup until Ctrl-C");
}

/** npm takes lower case, digits and a few signs. */
function packageName(place: string): string {
  const name = basename(place)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "-")
    .replace(/^[._-]+/, "");
  return name === "" ? "connects" : name;
}

/** An installed Skep is asked for by its version, a clone by its place. */
function skepDependency(): string {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  if (!root.split(sep).includes("node_modules")) return `file:${root.replace(/\/$/, "")}`;
  return `^${(JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }).version}`;
}
