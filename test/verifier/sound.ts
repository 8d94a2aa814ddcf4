/** Random programs over stack and ctx, run with every access checked if the verifier accepts them. */
import type { Region } from "../../src/engine/engine.ts";
import { interp } from "../../src/engine/interp/interp.ts";
import type { Insn } from "../../src/isa/insn.ts";
import { CTX_BASE, STACK_TOP } from "../../src/layout/layout.ts";
import { verify } from "../../src/verifier/verify.ts";
import { run64, testEnv } from "../engine/kit.ts";
import { rng } from "../engine/random.ts";
import { progOf } from "./prog.ts";

const SOCKET_FILTER = 1;
const RUNS = 4;

const REGIONS: readonly Region[] = [
  { start: STACK_TOP - 512, end: STACK_TOP, write: true, what: "stack" },
  { start: CTX_BASE, end: CTX_BASE + 64, write: true, what: "ctx" },
];

const I = (code: number, dst: number, src: number, off: number, imm: number): Insn => ({ code, dst, src, off, imm });

const STORES = [0x72, 0x6a, 0x62, 0x7a];
const LOADS = [0x71, 0x69, 0x61, 0x79];
const JUMPS = [0x25, 0x35, 0xa5, 0xb5, 0x65, 0x75, 0xc5, 0xd5, 0x15, 0x55];
const MASKS = [0, 1, 3, 7, 8, 15, 24, 31, 63, -1];

function generate(seed: number): Insn[] {
  const below = rng(seed);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const scalar = (): number => 3 + below(3);
  const size = (): number => below(4);
  const body: Insn[] = [];
  for (let n = 4 + below(10); n > 0; n--) {
    const r = scalar();
    switch (below(9)) {
      case 0:
        body.push(I(0x61, r, 6, 4 * below(16), 0));
        break;
      case 1:
        body.push(I(0x57, r, 0, 0, pick(MASKS)));
        break;
      case 2:
        body.push(I(pick([0x07, 0x67, 0x77, 0xc7, 0x04, 0x17]), r, 0, 0, below(40)));
        break;
      case 3:
        body.push(I(pick(JUMPS), r, 0, 1 + below(5), below(70) - 4));
        break;
      case 4: {
        // The size's number of bytes below the frame, aligned or not
        const s = size();
        body.push(I(STORES[s]!, 10, 0, -(1 << s) * (1 + below(8)) + (below(12) === 0 ? 1 : 0), below(100)));
        break;
      }
      case 5: {
        const s = size();
        body.push(I(LOADS[s]!, r, 10, -(1 << s) * (1 + below(8)), 0));
        break;
      }
      default: {
        // r2 = fp - a + unknown
        const s = size();
        if (below(4) > 0) body.push(I(0x57, r, 0, 0, pick(MASKS)));
        body.push(I(0xbf, 2, 10, 0, 0), I(0x07, 2, 0, 0, -8 * (3 + below(7))), I(0x0f, 2, r, 0, 0));
        body.push(below(3) === 0 ? I(LOADS[s]!, r, 2, below(9), 0) : I(STORES[s]!, 2, 0, below(9), below(100)));
      }
    }
  }
  const list = [I(0xbf, 6, 1, 0, 0), ...[3, 4, 5].map((r) => I(0x61, r, 6, 4 * r, 0)), ...body];
  for (let off = 8; off <= 72; off += 8) list.splice(1, 0, I(0x7a, 10, 0, -off, 1));
  const last = list.length;
  return [
    ...list.map((insn, i) => ((insn.code & 7) === 5 ? { ...insn, off: Math.min(insn.off, last - i - 1) } : insn)),
    I(0xb7, 0, 0, 0, 0),
    I(0x95, 0, 0, 0, 0),
  ];
}

/** False where the verifier refuses the program of this seed; throws where an accepted one faults. */
export function runChecked(seed: number): boolean {
  const { prog } = verify(progOf(generate(seed), SOCKET_FILTER));
  if (prog === undefined) return false;
  const env = testEnv({ checked: true, regions: () => REGIONS });
  const exe = interp.compile(prog, env);
  const view = new DataView(env.memory.buffer);
  const below = rng(seed);
  for (let run = 0; run < RUNS; run++) {
    for (let i = 0; i < 16; i++) {
      const value = [below(80), below(0x7fffffff) * 2, -1 - below(40)][below(3)]!;
      view.setInt32(CTX_BASE + 4 * i, value, true);
    }
    run64(exe, env);
  }
  return true;
}
