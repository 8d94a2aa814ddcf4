/** Where parsing goes on after an error, and `_Static_assert`, which may stand anywhere. */
import { parseString } from "../literals.ts";
import { constantInt } from "./constant.ts";
import type { Parser } from "./state.ts";

const EOF = 0;
const STRING = 4;

/** Skips past the next `;`, or to the `}` that ends the enclosing block or record; brackets on the way are matched. */
export function skipMember(p: Parser): void {
  let depth = 0;
  for (; !p.is(EOF); p.next()) {
    if (p.is(59) && depth === 0) {
      p.next();
      return;
    }
    if (p.is(123)) depth++;
    else if (p.is(125)) {
      if (depth === 0) return;
      depth--;
      if (depth === 0) {
        p.next();
        p.accept(59);
        return;
      }
    }
  }
}

/** At file scope: past `;` or a whole `{...}`; stray closing braces are dropped. */
export function skipExternal(p: Parser): void {
  let depth = 0;
  for (; !p.is(EOF); p.next()) {
    if (p.is(59) && depth === 0) {
      p.next();
      return;
    }
    if (p.is(123)) depth++;
    else if (p.is(125) && --depth <= 0) {
      p.next();
      p.accept(59);
      return;
    }
  }
}

export function staticAssert(p: Parser): void {
  const { loc } = p;
  p.next();
  p.expect(40, "after '_Static_assert'");
  const value = constantInt(p, "the condition of '_Static_assert'");
  let message = "";
  if (p.accept(44)) {
    while (p.is(STRING)) {
      message += new TextDecoder().decode(Uint8Array.from(parseString(p.pp.names.bytes(p.val)).values));
      p.next();
    }
  }
  p.expect(41, "after the condition of '_Static_assert'");
  p.semicolon("after '_Static_assert'");
  if (value === 0n) p.error("C302", `static assertion failed${message === "" ? "" : `: ${message}`}`, loc);
}
