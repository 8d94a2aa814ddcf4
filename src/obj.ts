/** skep/obj: object files as plain data: parsed, linked, resolved to what a verifier takes. */
export { type LinkInput, linkObjects } from "./obj/merge/objects.ts";
export { parseObject } from "./obj/parse.ts";
export { type KconfigValue, kconfigBytes, type ResolveOptions, resolveProg } from "./obj/resolve.ts";
export { matchSection, SECTION_DEFS, type SectionDef, type SectionMatch } from "./obj/sections.ts";
export type * from "./obj/spec.ts";
export { type StructOpsProg, type StructOpsValue, structOpsValue } from "./obj/struct-ops-kernel.ts";
export { type Facts, unsafeVerified, type VerifiedProg } from "./obj/verified.ts";
