/** GNU asm: statements with operands, `asm goto`, file scope (GCC manual, "Extended Asm"). */
import type { AsmOperand, AsmStmt, Label } from "../ast.ts";
import { errorExpr, markAddress, rvalue } from "../sema/convert.ts";
import { isPlace } from "../sema/fold.ts";
import { stringLiteral } from "./primary.ts";
import type { Parser } from "./state.ts";

const IDENT = 1;
const STRING = 4;

/** At `asm`; through `)`. */
export function asmText(p: Parser): AsmStmt {
  const { loc } = p;
  p.next();
  let volatile = false;
  let jumps = false;
  for (;;) {
    if (p.is(288) || p.is(314) || p.is(315)) volatile = true;
    else if (p.is(270)) jumps = true;
    else if (!p.is(272) && !p.is(310) && !p.is(311)) break;
    p.next();
  }
  p.expect(40, "after 'asm'");
  const text = asmString(p);
  const outputs: AsmOperand[] = [];
  const inputs: AsmOperand[] = [];
  const clobbers: string[] = [];
  const labels: Label[] = [];
  let basic = true;
  // `::` may be written for two empty sections
  let section = 0;
  while (p.is(58)) {
    p.next();
    basic = false;
    section++;
    if (p.is(58) || p.is(41)) continue;
    if (section === 1) operands(p, outputs, true);
    else if (section === 2) operands(p, inputs, false);
    else if (section === 3) {
      do clobbers.push(asmString(p));
      while (p.accept(44));
    } else {
      do {
        if (!p.is(IDENT)) p.fail("C107", "expected a label's name in 'asm goto'");
        if (p.func !== undefined) {
          const label = p.label(p.name(p.val), p.loc);
          label.used = true;
          labels.push(label);
        }
        p.next();
      } while (p.accept(44));
    }
  }
  p.expect(41, "after the operands of 'asm'");
  return {
    kind: "asm",
    text,
    volatile: volatile || outputs.length === 0 || jumps,
    outputs,
    inputs,
    clobbers,
    labels,
    basic,
    loc,
  };
}

export function asmString(p: Parser): string {
  if (!p.is(STRING)) p.fail("C103", "expected a string literal in 'asm'");
  const { bytes } = stringLiteral(p);
  return new TextDecoder().decode(bytes.subarray(0, bytes.length - 1));
}

function operands(p: Parser, list: AsmOperand[], output: boolean): void {
  do {
    let name = "";
    if (p.accept(91)) {
      if (!p.is(IDENT)) p.fail("C107", "expected an operand's name");
      name = p.name(p.val);
      p.next();
      p.expect(93, "after the operand's name");
    }
    const { loc } = p;
    const constraint = asmString(p);
    p.expect(40, "before the operand");
    let e = p.grammar.expr(p);
    p.expect(41, "after the operand");
    if (output) {
      if (!isPlace(e) && e.kind !== "error") {
        p.error("C253", "an output of 'asm' must be assignable", loc);
        e = errorExpr(loc);
      }
      if (/^[=+]/.test(constraint) === false)
        p.error("C253", `output constraint '${constraint}' wants '=' or '+' in front`, loc);
    } else if (/[mo]/.test(constraint) && !/[ri]/.test(constraint) && isPlace(e)) markAddress(e);
    else e = rvalue(e);
    if (output && /m/.test(constraint)) markAddress(e);
    list.push({ name, constraint, expr: e });
  } while (p.accept(44));
}
