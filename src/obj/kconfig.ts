/**
 * Values of .kconfig externs -> bytes of the .kconfig map, by libbpf's rules (set_kcfg_value_tri(), _str(), _num()):
 *
 *     value        bool  char  tristate  integer  char[N]
 *     y, n         1, 0  text  1, 0
 *     m                  text  2
 *     "text"                                      text, cut to N - 1
 *     number       0, 1  yes             in range
 *
 * A weak extern without a value is zero; one that is not weak is an error.
 */
import { fromUtf8, viewOf } from "../base/bytes.ts";
import { SkepError } from "../base/error.ts";
import type { BtfView } from "../btf/types.ts";
import { kconfigKind } from "./externs.ts";
import type { KconfigExtern, ObjSpec } from "./spec.ts";

/** "y", "n", "m", '"text"' or digits as a kernel's config file has them; text also without quotes; or a number. */
export type KconfigValue = number | bigint | string | undefined;

/**
 * Initial bytes of the .kconfig map, empty where the object has no such externs. `value` is asked for every name
 * ("CONFIG_HZ", "LINUX_KERNEL_VERSION", "LINUX_HAS_BPF_COOKIE", "LINUX_HAS_SYSCALL_WRAPPER").
 * Throws "obj/kconfig" for a value that is missing or does not fit.
 */
export function kconfigBytes(spec: ObjSpec, value: (name: string) => KconfigValue): Uint8Array {
  const last = spec.kconfig.at(-1);
  if (last === undefined || spec.btf === null) return new Uint8Array(0);
  const bytes = new Uint8Array(last.offBytes + last.sizeBytes);
  for (const extern of spec.kconfig) {
    const given = value(extern.name);
    if (given !== undefined) write(bytes, spec.btf, extern, given, spec.name);
    else if (!extern.weak) {
      const advice = extern.name.startsWith("CONFIG_")
        ? `give it: { kconfig: { ${extern.name}: ... } }, or declare it __weak`
        : "declare it __weak: it is then 0 where the target does not know it";
      throw bad(spec.name, `no value for kconfig extern '${extern.name}'`, advice);
    }
  }
  return bytes;
}

function write(
  bytes: Uint8Array,
  btf: BtfView,
  extern: KconfigExtern,
  given: number | bigint | string,
  file: string,
): void {
  const kind = kconfigKind(btf, extern.typeId);
  const { name, offBytes, sizeBytes } = extern;
  const refuse = (why: string) => bad(file, `kconfig extern '${name}': ${why}`);
  const tri = given === "y" || given === "n" || given === "m" ? given : null;
  if (kind === "string") {
    if (typeof given !== "string") throw refuse(`${given} is no text`);
    const quoted = given.length >= 2 && given.startsWith('"') && given.endsWith('"');
    const text = fromUtf8(quoted ? given.slice(1, -1) : given).subarray(0, sizeBytes - 1);
    bytes.set(text, offBytes);
    return;
  }
  if (tri !== null) {
    if (kind === "tristate") put(bytes, extern, BigInt("nym".indexOf(tri)));
    else if (kind === "char") put(bytes, extern, BigInt(tri.charCodeAt(0)));
    else if (kind === "bool" && tri !== "m") put(bytes, extern, tri === "y" ? 1n : 0n);
    else throw refuse(`'${tri}' needs bool, char or enum libbpf_tristate`);
    return;
  }
  const number = integer(given);
  if (number === null) throw refuse(`'${given}' is no integer`);
  if (kind === "bool" && number !== 0n && number !== 1n) throw refuse(`${number} is neither 0 nor 1`);
  if (kind === "tristate" && (number < 0n || number > 2n)) throw refuse(`${number} is none of n (0), y (1) and m (2)`);
  const type = btf.type(btf.skipMods(extern.typeId));
  const bits = sizeBytes * 8;
  const signed = type.kind === "int" && type.signed;
  // Eight bytes take any number of 64 bits, signed or not.
  const low = signed || bits === 64 ? -(1n << BigInt(bits - 1)) : 0n;
  const high = signed && bits < 64 ? 1n << BigInt(bits - 1) : 1n << BigInt(bits);
  if (number < low || number >= high) throw refuse(`${number} does not fit in ${sizeBytes} bytes`);
  put(bytes, extern, number);
}

function put(bytes: Uint8Array, extern: KconfigExtern, value: bigint): void {
  const view = viewOf(bytes);
  if (extern.sizeBytes === 1) view.setUint8(extern.offBytes, Number(BigInt.asUintN(8, value)));
  else if (extern.sizeBytes === 2) view.setUint16(extern.offBytes, Number(BigInt.asUintN(16, value)), true);
  else if (extern.sizeBytes === 4) view.setUint32(extern.offBytes, Number(BigInt.asUintN(32, value)), true);
  else view.setBigUint64(extern.offBytes, BigInt.asUintN(64, value), true);
}

function integer(given: number | bigint | string): bigint | null {
  if (typeof given === "bigint") return given;
  if (typeof given === "number") return Number.isInteger(given) ? BigInt(given) : null;
  const match = /^(-?)(0[xX][0-9a-fA-F]+|[0-9]+)$/.exec(given);
  if (match === null) return null;
  return match[1] === "-" ? -BigInt(match[2]!) : BigInt(match[2]!);
}

function bad(file: string, message: string, advice?: string): SkepError {
  const site = { file, section: ".kconfig" };
  return new SkepError("obj/kconfig", message, advice === undefined ? { site } : { site, advice });
}
