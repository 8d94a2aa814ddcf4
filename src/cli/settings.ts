/** Settings of global variables on the command line: `--set limit=5`. */
import { InvalidArgumentError } from "commander";
import { SkepError } from "../base/error.ts";
import { type GlobalVar, globalVars, named } from "../loader/globals.ts";
import type { ObjSpec } from "../obj/spec.ts";

/** Commander's argument parser for an option that may be repeated. */
export function collectSetting(text: string, settings: Record<string, string>): Record<string, string> {
  const at = text.indexOf("=");
  if (at <= 0) throw new InvalidArgumentError("write it as name=value");
  return { ...settings, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Commander's argument parser for counts. */
export function positive(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n <= 0) throw new InvalidArgumentError("a whole number above 0 is needed");
  return n;
}

/** "limit=5": finds the section that has the variable, and reads the text as its type asks. */
export function globalsFrom(
  spec: ObjSpec,
  settings: Readonly<Record<string, string>>,
): Record<string, Record<string, unknown>> {
  const out: Record<string, Record<string, unknown>> = {};
  for (const [name, text] of Object.entries(settings)) {
    const map = spec.maps.find(
      (each) => each.global !== null && globalVars(each).some((variable) => variable.name === name),
    );
    if (map?.global == null) {
      const names = spec.maps.flatMap((each) =>
        each.global === null ? [] : globalVars(each).map((variable) => variable.name),
      );
      throw new SkepError("usage/set", `no global variable ${name} in ${spec.name}`, {
        advice: names.length === 0 ? "the object has none that BTF describes" : `it has: ${names.join(", ")}`,
      });
    }
    const value = parseSetting(text);
    refuseUnfit(globalVars(map).find((variable) => variable.name === name)!, value);
    out[map.global] = { ...out[map.global], [name]: value };
  }
  return out;
}

function refuseUnfit(variable: GlobalVar, value: unknown): void {
  try {
    named(variable.name, () => variable.codec.encode(value));
  } catch (error) {
    if (!(error instanceof SkepError)) throw error;
    throw new SkepError("usage/set", error.message, error.advice === undefined ? {} : { advice: error.advice });
  }
}

function parseSetting(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  if (/^-?(0x[0-9a-f]+|\d+)$/i.test(text)) {
    const value = text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
    return value >= -(2n ** 53n) && value <= 2n ** 53n ? Number(value) : value;
  }
  return text;
}
