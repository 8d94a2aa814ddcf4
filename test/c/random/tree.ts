/**
 * A program as a tree of text with holes, so that one reducer works on all of it:
 *
 *     list    statements or declarations, any of which may go unless it is fixed
 *     stmt    one of them; where it holds lists, they can stand for it
 *     expr    a value of type `type`: may become one of its operands or a small constant
 *     fixed   text that must stay as it is (an lvalue, a guard); what is inside may shrink
 */
export interface Node {
  readonly kind: "list" | "stmt" | "expr" | "fixed";
  /** Of an expr: what a replacement is cast to. */
  readonly type: string;
  readonly parts: readonly (string | Node)[];
}

type Hole = Node | string | number;

function parts(strings: readonly string[], holes: readonly Hole[]): (string | Node)[] {
  const all: (string | Node)[] = [];
  strings.forEach((text, i) => {
    if (text !== "") all.push(text);
    const hole = holes[i];
    if (hole !== undefined) all.push(typeof hole === "number" ? `${hole}` : hole);
  });
  return all;
}

export function stmt(strings: TemplateStringsArray, ...holes: Hole[]): Node {
  return { kind: "stmt", type: "", parts: parts(strings, holes) };
}

export function fixed(strings: TemplateStringsArray, ...holes: Hole[]): Node {
  return { kind: "fixed", type: "", parts: parts(strings, holes) };
}

export function typed(type: string): (strings: TemplateStringsArray, ...holes: Hole[]) => Node {
  return (strings, ...holes) => ({ kind: "expr", type, parts: parts(strings, holes) });
}

export function list(nodes: readonly Node[]): Node {
  return { kind: "list", type: "", parts: nodes };
}

/** C text, indented by its braces. */
export function render(node: Node): string {
  let depth = 0;
  const lines: string[] = [];
  for (const line of flat(node).split("\n")) {
    const text = line.trim();
    if (text === "") continue;
    if (/^[})]/.test(text)) depth--;
    const label = /^(case .*|default|[a-z]\w*):/.test(text);
    lines.push(`${"\t".repeat(Math.max(0, depth - (label ? 1 : 0)))}${text}`);
    for (const one of text.slice(/^[})]/.test(text) ? 1 : 0)) {
      if (one === "{") depth++;
      if (one === "}") depth--;
    }
  }
  return `${lines.join("\n")}\n`;
}

function flat(node: Node): string {
  const texts = node.parts.map((part) => (typeof part === "string" ? part : flat(part)));
  return node.kind === "list" ? texts.map((text) => `\n${text}`).join("") : texts.join("");
}

/** Smaller trees, the largest steps first. */
export function* smaller(node: Node): Generator<Node> {
  if (node.kind === "list") yield* shorter(node);
  if (node.kind === "stmt") {
    for (const part of node.parts) if (typeof part !== "string" && part.kind === "list") yield part;
  }
  if (node.kind === "expr") yield* simpler(node);
  for (const [i, part] of node.parts.entries()) {
    if (typeof part === "string") continue;
    for (const one of smaller(part)) {
      yield { ...node, parts: [...node.parts.slice(0, i), one, ...node.parts.slice(i + 1)] };
    }
  }
}

function* shorter(node: Node): Generator<Node> {
  const { parts: all } = node;
  for (let size = all.length; size >= 1; size >>= 1) {
    for (let i = 0; i < all.length; i += size) {
      const stays = all.slice(i, i + size).filter(isFixed);
      if (stays.length < Math.min(size, all.length - i)) {
        yield { ...node, parts: [...all.slice(0, i), ...stays, ...all.slice(i + size)] };
      }
    }
  }
}

function isFixed(part: string | Node): boolean {
  return typeof part !== "string" && part.kind === "fixed";
}

function* simpler(node: Node): Generator<Node> {
  const cast = (inner: Node | string): Node => ({ kind: "expr", type: node.type, parts: [`(${node.type})`, inner] });
  const trivial = node.parts.length === 1 && typeof node.parts[0] === "string";
  if (trivial) return;
  yield { ...node, parts: ["1"] };
  yield { ...node, parts: ["0"] };
  for (const part of node.parts) {
    if (typeof part === "string" || (part.kind !== "expr" && part.kind !== "fixed")) continue;
    // A cast of a cast of an expr: leave the outer one out.
    const isCast = node.parts.length === 2 && node.parts[0] === `(${node.type})`;
    yield isCast ? part : cast(part);
  }
}
