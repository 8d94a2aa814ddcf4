/** `__attribute__((...))` lists, rows of attributes.ts. */
import { ATTRIBUTES } from "../attributes.ts";
import { parseString } from "../literals.ts";
import { similar } from "../sema/similar.ts";
import type { Attrs, CType, Loc } from "../types.ts";
import { constantInt } from "./constant.ts";
import type { Parser } from "./state.ts";

const IDENT = 1;
const STRING = 4;
const K_ATTRIBUTE = 299;
const K_ATTRIBUTE_ = 300;

/** What a run of attributes says: for the declaration, and for the type it stands on. */
export interface AttrSink {
  readonly attrs: Attrs;
  typeTags: readonly string[];
  addressSpace: number;
  /** `mode(DI)`. */
  mode: string | undefined;
  any: boolean;
}

const NO_TAGS: readonly string[] = [];

export function attrSink(): AttrSink {
  return { attrs: {}, typeTags: NO_TAGS, addressSpace: 0, mode: undefined, any: false };
}

/** Zero or more attribute specifiers. */
export function attributes(p: Parser, sink: AttrSink): void {
  while (p.kind === K_ATTRIBUTE || p.kind === K_ATTRIBUTE_) {
    p.next();
    p.expect(40, "after '__attribute__'");
    p.expect(40, "after '__attribute__('");
    while (!p.is(41)) {
      if (p.accept(44)) continue;
      attribute(p, sink);
      if (!p.is(44) && !p.is(41)) p.fail("C100", "expected ',' or ')' in an attribute list");
    }
    p.next();
    p.expect(41, "after an attribute list");
    sink.any = true;
  }
}

function attribute(p: Parser, sink: AttrSink): void {
  if (p.kind !== IDENT && p.kind < 256) p.fail("C103", "expected an attribute's name");
  const { loc } = p;
  const name = p.name(p.val).replace(/^__(.*)__$/, "$1");
  p.next();
  const effect = ATTRIBUTES.get(name);
  if (effect === undefined) {
    const near = similar(name, ATTRIBUTES.keys());
    p.warn("C541", `unknown attribute '${name}' ignored${near === undefined ? "" : `; did you mean '${near}'?`}`, loc);
    skipArguments(p);
    return;
  }
  const { attrs } = sink;
  switch (effect.kind) {
    case "flag":
      attrs[effect.key] = true;
      skipArguments(p);
      return;
    case "string": {
      if (!p.is(40) && name === "deprecated") {
        attrs.deprecated = "";
        return;
      }
      const text = stringArgument(p);
      if (text !== undefined) attrs[effect.key] = text;
      return;
    }
    case "aligned": {
      let bytes = 8n;
      if (p.accept(40)) {
        bytes = constantInt(p, "the alignment") ?? 1n;
        p.expect(41, "after the alignment");
      }
      setAligned(p, attrs, bytes, loc);
      return;
    }
    case "declTag": {
      const text = stringArgument(p);
      if (text !== undefined) attrs.declTags = [...(attrs.declTags ?? []), text];
      return;
    }
    case "typeTag": {
      const text = stringArgument(p);
      if (text !== undefined) sink.typeTags = [...sink.typeTags, text];
      return;
    }
    case "addressSpace":
      p.expect(40, "after 'address_space'");
      sink.addressSpace = Number(constantInt(p, "the address space") ?? 0n);
      p.expect(41, "after the address space");
      return;
    case "visibility":
      if (stringArgument(p) === "hidden") attrs.hidden = true;
      return;
    case "cleanup":
      p.expect(40, "after 'cleanup'");
      if (p.is(IDENT)) attrs.cleanup = p.name(p.val);
      else p.fail("C103", "'cleanup' takes a function's name");
      p.next();
      p.expect(41, "after the function's name");
      return;
    case "mode":
      p.expect(40, "after 'mode'");
      sink.mode = p.name(p.val).replace(/^__(.*)__$/, "$1");
      p.next();
      p.expect(41, "after the mode");
      return;
    case "vector":
      p.error("C405", "eBPF has no vector instructions", loc, { help: "use an array of 64-bit integers" });
      skipArguments(p);
      return;
    case "none":
      skipArguments(p);
  }
}

export function setAligned(p: Parser, attrs: Attrs, bytes: bigint, loc: Loc): void {
  if (bytes < 1n || bytes > 1n << 28n || (bytes & (bytes - 1n)) !== 0n) {
    if (bytes !== 0n) p.error("C235", `requested alignment ${bytes} is not a power of 2`, loc);
    return;
  }
  attrs.aligned = Math.max(attrs.aligned ?? 1, Number(bytes));
}

/** `("text")`, in more parentheses, too; adjacent literals are joined. */
function stringArgument(p: Parser): string | undefined {
  p.expect(40, "after the attribute's name");
  let inner = 0;
  while (p.accept(40)) inner++;
  if (!p.is(STRING) && !p.is(41)) p.fail("C103", "expected a string literal");
  let bytes: number[] = [];
  while (p.is(STRING)) {
    bytes = bytes.concat(parseString(p.pp.names.bytes(p.val)).values);
    p.next();
  }
  for (; inner > 0; inner--) p.expect(41, "after the attribute's argument");
  while (p.accept(44)) p.grammar.assign(p);
  p.expect(41, "after the attribute's argument");
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

export function skipArguments(p: Parser): void {
  if (!p.is(40)) return;
  let depth = 0;
  do {
    if (p.is(40)) depth++;
    else if (p.is(41)) depth--;
    else if (p.is(0)) p.fail("C100", "expected ')' in an attribute");
    p.next();
  } while (depth > 0);
}

/** The type with the sink's tags and address space on it. */
export function taggedType(type: CType, sink: AttrSink): CType {
  let t = type;
  if (sink.addressSpace !== 0) t = { kind: "qual", quals: 0, addressSpace: sink.addressSpace, type: t };
  for (const name of sink.typeTags) t = { kind: "tag", name, type: t };
  return t;
}

/** `into` takes what `from` says. */
export function mergeAttrs(into: Attrs, from: Attrs): void {
  const tags = [
    ...(into.declTags ?? []),
    ...(from.declTags ?? []).filter((tag) => into.declTags?.includes(tag) !== true),
  ];
  const aligned = Math.max(into.aligned ?? 0, from.aligned ?? 0);
  Object.assign(into, from);
  if (tags.length > 0) into.declTags = tags;
  if (aligned > 0) into.aligned = aligned;
}
