/** Opcodes and value types of WebAssembly, in the spelling of the specification's text format. Source: WebAssembly core 2.0, 5.4. */

export const I32 = 0x7f;
export const I64 = 0x7e;
export const V128 = 0x7b;
export const FUNCREF = 0x70;
/** Block type of a block without parameters or results. */
export const VOID = 0x40;

export const UNREACHABLE = 0x00;
export const NOP = 0x01;
export const BLOCK = 0x02;
export const LOOP = 0x03;
export const IF = 0x04;
export const ELSE = 0x05;
export const END = 0x0b;
export const BR = 0x0c;
export const BR_IF = 0x0d;
export const BR_TABLE = 0x0e;
export const RETURN = 0x0f;
export const CALL = 0x10;
export const CALL_INDIRECT = 0x11;
export const RETURN_CALL = 0x12;
export const RETURN_CALL_INDIRECT = 0x13;
export const DROP = 0x1a;
export const SELECT = 0x1b;
export const LOCAL_GET = 0x20;
export const LOCAL_SET = 0x21;
export const LOCAL_TEE = 0x22;
export const GLOBAL_GET = 0x23;
export const GLOBAL_SET = 0x24;

export const I32_LOAD = 0x28;
export const I64_LOAD = 0x29;
export const I32_LOAD8_S = 0x2c;
export const I32_LOAD8_U = 0x2d;
export const I32_LOAD16_S = 0x2e;
export const I32_LOAD16_U = 0x2f;
export const I64_LOAD8_S = 0x30;
export const I64_LOAD8_U = 0x31;
export const I64_LOAD16_S = 0x32;
export const I64_LOAD16_U = 0x33;
export const I64_LOAD32_S = 0x34;
export const I64_LOAD32_U = 0x35;
export const I32_STORE = 0x36;
export const I64_STORE = 0x37;
export const I32_STORE8 = 0x3a;
export const I32_STORE16 = 0x3b;
export const I64_STORE8 = 0x3c;
export const I64_STORE16 = 0x3d;
export const I64_STORE32 = 0x3e;

export const MEMORY_SIZE = 0x3f;
export const I32_CONST = 0x41;
export const I64_CONST = 0x42;

export const I32_EQZ = 0x45;
export const I32_EQ = 0x46;
export const I32_NE = 0x47;
export const I32_LT_S = 0x48;
export const I32_LT_U = 0x49;
export const I32_GT_S = 0x4a;
export const I32_GT_U = 0x4b;
export const I32_LE_S = 0x4c;
export const I32_LE_U = 0x4d;
export const I32_GE_S = 0x4e;
export const I32_GE_U = 0x4f;
export const I64_EQZ = 0x50;
export const I64_EQ = 0x51;
export const I64_NE = 0x52;
export const I64_LT_S = 0x53;
export const I64_LT_U = 0x54;
export const I64_GT_S = 0x55;
export const I64_GT_U = 0x56;
export const I64_LE_S = 0x57;
export const I64_LE_U = 0x58;
export const I64_GE_S = 0x59;
export const I64_GE_U = 0x5a;

export const I32_CLZ = 0x67;
export const I32_CTZ = 0x68;
export const I32_POPCNT = 0x69;
export const I32_ADD = 0x6a;
export const I32_SUB = 0x6b;
export const I32_MUL = 0x6c;
export const I32_DIV_S = 0x6d;
export const I32_DIV_U = 0x6e;
export const I32_REM_S = 0x6f;
export const I32_REM_U = 0x70;
export const I32_AND = 0x71;
export const I32_OR = 0x72;
export const I32_XOR = 0x73;
export const I32_SHL = 0x74;
export const I32_SHR_S = 0x75;
export const I32_SHR_U = 0x76;
export const I32_ROTL = 0x77;
export const I32_ROTR = 0x78;
export const I64_CLZ = 0x79;
export const I64_CTZ = 0x7a;
export const I64_POPCNT = 0x7b;
export const I64_ADD = 0x7c;
export const I64_SUB = 0x7d;
export const I64_MUL = 0x7e;
export const I64_DIV_S = 0x7f;
export const I64_DIV_U = 0x80;
export const I64_REM_S = 0x81;
export const I64_REM_U = 0x82;
export const I64_AND = 0x83;
export const I64_OR = 0x84;
export const I64_XOR = 0x85;
export const I64_SHL = 0x86;
export const I64_SHR_S = 0x87;
export const I64_SHR_U = 0x88;
export const I64_ROTL = 0x89;
export const I64_ROTR = 0x8a;
export const I32_WRAP_I64 = 0xa7;
export const I64_EXTEND_I32_S = 0xac;
export const I64_EXTEND_I32_U = 0xad;
export const I32_EXTEND8_S = 0xc0;
export const I32_EXTEND16_S = 0xc1;
export const I64_EXTEND8_S = 0xc2;
export const I64_EXTEND16_S = 0xc3;
export const I64_EXTEND32_S = 0xc4;

/** Prefix of the bulk-memory opcodes. */
export const PREFIX_MISC = 0xfc;
export const MEMORY_COPY = 10;
export const MEMORY_FILL = 11;

/** Names of the single-byte opcodes, for printing. */
export const OP_NAMES: readonly (string | undefined)[] = names();

function names(): (string | undefined)[] {
  const out: (string | undefined)[] = new Array(256).fill(undefined);
  const put = (from: number, list: string): void => {
    list.split(" ").forEach((name, i) => {
      if (name !== "-") out[from + i] = name;
    });
  };
  put(0x00, "unreachable nop block loop if else");
  put(0x0b, "end br br_if br_table return call call_indirect return_call return_call_indirect");
  put(0x1a, "drop select");
  put(0x20, "local.get local.set local.tee global.get global.set");
  put(0x28, "i32.load i64.load f32.load f64.load i32.load8_s i32.load8_u i32.load16_s i32.load16_u");
  put(0x30, "i64.load8_s i64.load8_u i64.load16_s i64.load16_u i64.load32_s i64.load32_u");
  put(0x36, "i32.store i64.store f32.store f64.store i32.store8 i32.store16 i64.store8 i64.store16 i64.store32");
  put(0x3f, "memory.size memory.grow i32.const i64.const");
  const compares = "eqz eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u".split(" ");
  put(0x45, compares.map((op) => `i32.${op}`).join(" "));
  put(0x50, compares.map((op) => `i64.${op}`).join(" "));
  const arith = "clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr".split(" ");
  put(0x67, arith.map((op) => `i32.${op}`).join(" "));
  put(0x79, arith.map((op) => `i64.${op}`).join(" "));
  put(0xa7, "i32.wrap_i64");
  put(0xac, "i64.extend_i32_s i64.extend_i32_u");
  put(0xc0, "i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s i64.extend32_s");
  return out;
}
