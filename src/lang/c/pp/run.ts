/** One translation unit through the preprocessor: predefined macros, -D and -U, -include, the main file. */
import type { ParseOptions } from "../options.ts";
import { include } from "./include.ts";
import { predefinedText } from "./predefined.ts";
import { Preprocessor } from "./preprocessor.ts";
import { defineSpecials } from "./special.ts";

const ENCODER = new TextEncoder();

export function preprocess(name: string, source: Uint8Array | undefined, options: ParseOptions): Preprocessor {
  const pp = new Preprocessor(options);
  defineSpecials(pp);
  pp.openFile("<built-in>", ENCODER.encode(predefinedText(options.cpu ?? 3, options.standard)), 0, true, 0);
  pp.run();
  const lines: string[] = [];
  for (const define of options.defines ?? []) {
    const equals = define.indexOf("=");
    lines.push(equals < 0 ? `#define ${define} 1` : `#define ${define.slice(0, equals)} ${define.slice(equals + 1)}`);
  }
  for (const undef of options.undefs ?? []) lines.push(`#undef ${undef}`);
  if (lines.length > 0) {
    pp.openFile(
      "<command line>",
      ENCODER.encode(lines.map((line) => `${line.replaceAll("\n", " ")}\n`).join("")),
      0,
      false,
      0,
    );
    pp.run();
  }
  const bytes = source ?? options.files.read(name);
  pp.deps.push(name);
  for (const path of options.preincludes ?? []) {
    include(pp, path, false, false, 0);
    pp.run();
  }
  if (bytes === undefined) pp.report.error("C022", 0, `'${name}' cannot be read`);
  else {
    pp.openFile(name, bytes, 0, false, -1);
    pp.run();
  }
  const end = pp.sources.files[pp.sources.files.length - 1];
  pp.out.push(0, 0, end === undefined ? 0 : end.base + end.bytes.length);
  return pp;
}
