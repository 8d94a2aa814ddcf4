/** Random statements: assignments, control flow of every kind with bounded trips, and a dispatch to what works on memory. */
import { change, condition, expr, named, promote, target } from "./expr.ts";
import { memoryStatement } from "./memory.ts";
import type { Scope } from "./scope.ts";
import { fixed, list, type Node, stmt } from "./tree.ts";
import { INT, type IntType, S32, S64, TYPES, U8, U16, U32, U64 } from "./types.ts";

/** Trips of nested loops together: what the kernel's verifier walks one by one. */
const MAX_TRIPS = 12;

export function block(s: Scope, statements: number, depth: number): Node {
  return s.inner(() => {
    const all: Node[] = [];
    for (let i = 0; i < statements; i++) all.push(statement(s, depth));
    return list(all);
  });
}

export function statement(s: Scope, depth: number): Node {
  const kind = s.r.below(depth > 0 ? 20 : 11);
  if (kind < 4) return assignment(s);
  if (kind < 6) return changed(s);
  if (kind < 9) return memoryStatement(s, depth, (inner, count, below) => block(inner, count, below)) ?? assignment(s);
  if (kind === 9) return variable(s);
  if (kind === 10) return asm(s);
  if (kind < 14) return branch(s, depth);
  if (kind < 17) return s.trips < MAX_TRIPS ? loop(s, depth) : branch(s, depth);
  if (kind === 17) return jump(s, depth);
  if (kind === 18) return stmt`{${block(s, 3, depth - 1)}\n}`;
  return switched(s, depth);
}

function assignment(s: Scope): Node {
  const to = target(s);
  if (to === null) return stmt`${expr(s, 1).node};`;
  const value = s.locking(to.root, () => expr(s, 3, to.plain));
  return stmt`${to.node} ${s.often(70) ? "=" : s.r.pick(s.c.wraps ? ["+=", "^=", "-=", "|="] : ["^=", "|=", "&="])} ${value.node};`;
}

function changed(s: Scope): Node {
  const made = change(s, 2);
  return made === null ? stmt`(void)${expr(s, 2).node};` : stmt`${made.node};`;
}

/** A local variable for the rest of its block. */
export function variable(s: Scope): Node {
  const type = s.r.pick(TYPES);
  const name = s.name("v");
  const volatile = s.often(5) ? "volatile " : "";
  const auto = s.often(8);
  const value = expr(s, 3, true);
  const write = !s.often(10);
  s.stackBytes += 8;
  if (auto) {
    s.scalars.push({ text: name, type: promote(value), root: name, write: true, address: false });
    return stmt`__auto_type ${name} = +${value.node};`;
  }
  s.scalars.push({ text: name, type, root: name, write, address: write && volatile === "" });
  return stmt`${write ? "" : "const "}${volatile}${type.name} ${name} = ${value.node};`;
}

/** What the optimiser must not see through. */
function asm(s: Scope): Node {
  const wide = s.some(s.scalars.filter((one) => one.write && one.type.bits === 64 && one.fieldBits === undefined));
  if (wide === undefined || s.often(20)) return stmt`asm volatile("" ::: "memory");`;
  const { node } = named(wide);
  if (s.often(50)) return stmt`asm volatile("" : "+r"(${node}));`;
  const op = s.r.pick(["+=", "^=", "*=", "-=", "|="]);
  return s.often(50)
    ? stmt`asm volatile("%0 ${op} %1" : "+r"(${node}) : "i"(${s.r.below(1000)}));`
    : stmt`asm volatile("%0 ${op} %1" : "+r"(${node}) : "r"(${fixed`(u64)${expr(s, 1).node}`}));`;
}

function branch(s: Scope, depth: number): Node {
  const test = condition(s, 2, true);
  const then = block(s, 1 + s.r.below(3), depth - 1);
  if (s.often(50)) return stmt`if (${test}) {${then}\n}`;
  if (s.often(25)) {
    const other = condition(s, 1);
    return stmt`if (${test}) {${then}\n} else if (${other}) {${block(s, 1, depth - 1)}\n} else {${block(s, 2, depth - 1)}\n}`;
  }
  return stmt`if (${test}) {${then}\n} else {${block(s, 1 + s.r.below(2), depth - 1)}\n}`;
}

function loop(s: Scope, depth: number): Node {
  const n = 2 + s.r.below(s.trips > 1 ? 3 : 8);
  const i = s.name("i");
  const type = s.r.pick([INT, U32, U64, S64, U8, U16, S32]);
  const body = (extra: IntType = type): Node =>
    s.inner(() => {
      s.scalars.push({ text: i, type: extra, root: i, write: false, address: false });
      return around(s, n, () => {
        const inside = block(s, 1 + s.r.below(3), depth - 1);
        return s.often(35) ? list([...(inside.parts as Node[]), leave(s)]) : inside;
      });
    });
  const hint = s.often(10) ? "#pragma unroll\n" : "";
  switch (s.r.below(8)) {
    case 0:
    case 1:
      return stmt`${hint}for (${type.name} ${i} = 0; ${i} < ${n}; ${i}++) {${body()}\n}`;
    case 2: {
      const bound = fixed`(${expr(s, 2).node} & ${n > 4 ? 7 : 3})`;
      const end = s.name("n");
      return stmt`for (u32 ${i} = 0, ${end} = ${bound}; ${i} < ${end}; ${i}++) {${body(U32)}\n}`;
    }
    case 3:
      return stmt`for (int ${i} = ${n}; ${i} > 0; ${i} -= ${1 + s.r.below(2)}) {${body(INT)}\n}`;
    case 4:
      return stmt`{\nu32 ${i} = ${n};\nwhile (${i}--) {${body(U32)}\n}\n}`;
    case 5:
      return stmt`{\n${type.name} ${i} = 0;\ndo {${body()}\n} while (++${i} < ${n}${s.often(40) ? fixed` && ${condition(s, 1)}` : ""});\n}`;
    case 6: {
      // By goto, `continue` and `break` have nothing to leave
      const label = s.name("again");
      const depthBefore = s.loopDepth;
      s.loopDepth = 0;
      const inside = s.inner(() => around(s, n, () => block(s, 2, 0), false));
      s.loopDepth = depthBefore;
      return stmt`{\nu32 ${i} = 0;\n${label}:;${inside}\nif (++${i} < ${n})\ngoto ${label};\n}`;
    }
    default:
      return stmt`for (u32 ${i} = 0;; ${i}++) {\nif (${i} >= ${n})\nbreak;${body(U32)}\n}`;
  }
}

function around(s: Scope, trips: number, make: () => Node, counts = true): Node {
  s.trips *= trips;
  if (counts) s.loopDepth++;
  const { switchDepth } = s;
  s.switchDepth = 0;
  const made = make();
  s.switchDepth = switchDepth;
  if (counts) s.loopDepth--;
  s.trips /= trips;
  return made;
}

function leave(s: Scope): Node {
  const how = s.loopDepth > 0 ? s.r.pick(["break", "continue"]) : "";
  return how === "" ? assignment(s) : stmt`if (${condition(s, 2)})\n${how};`;
}

/** Forward, out of a block. */
function jump(s: Scope, depth: number): Node {
  const label = s.name("out");
  const first = block(s, 1, depth - 1);
  const test = condition(s, 2, true);
  const second = block(s, 2, depth - 1);
  return stmt`{${first}\nif (${test})\ngoto ${label};${second}\n${label}:;\n}`;
}

function switched(s: Scope, depth: number): Node {
  const type = s.r.pick([INT, U32, U64, S64, U8]);
  const mask = s.r.pick([3, 7, 15, 255]);
  const value = s.often(80)
    ? fixed`(${type.name})(${expr(s, 2).node} & ${mask})`
    : fixed`(${type.name})${expr(s, 2).node}`;
  const free = Array.from({ length: 12 }, (_, i) => (type.bits === 8 ? i * 7 : i * s.r.pick([1, 1, 1, 100])));
  const used = new Set<number>();
  const cases: Node[] = [];
  const count = 2 + s.r.below(6);
  s.switchDepth++;
  let hasDefault = false;
  for (let i = 0; i < count; i++) {
    const body = block(s, 1 + s.r.below(2), depth - 1);
    const end = s.often(75)
      ? "\nbreak;"
      : s.often(30) && s.loopDepth > 0
        ? "\ncontinue;"
        : "\n__attribute__((fallthrough));";
    const last = end.includes("fallthrough") && i === count - 1 ? "" : end;
    if (!hasDefault && s.often(20)) {
      hasDefault = true;
      cases.push(stmt`default: {${body}\n}${last}`);
      continue;
    }
    const at = s.r.pick(free);
    if (used.has(at)) continue;
    used.add(at);
    if (s.often(20) && [1, 2, 3].every((n) => !used.has(at + n))) {
      for (const n of [1, 2, 3]) used.add(at + n);
      cases.push(stmt`case ${at} ... ${at + 3}: {${body}\n}${last}`);
    } else cases.push(stmt`case ${at}: {${body}\n}${last}`);
  }
  s.switchDepth--;
  return stmt`switch (${value}) {${list(cases)}\n}`;
}
