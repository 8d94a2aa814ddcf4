/** skep/abi: the tables of Linux's BPF interface: types, helpers, contexts, flags, verdicts. */
export { ATTACH_TYPES, type AttachTypeRow, attachType, attachTypeWord } from "./abi/attach-types.ts";
export { CTX_LAYOUTS, type CtxAccess, ctxAccess, ctxLayout } from "./abi/ctx.ts";
export * from "./abi/flags.ts";
export { HELPERS, helperById, helperByName, helperName } from "./abi/helpers.ts";
export { MAP_TYPES, mapType, mapTypeWord } from "./abi/map-types.ts";
export { helperProto, helpersOf } from "./abi/prog-helpers.ts";
export { PROG_TYPES, progType, progTypeWord } from "./abi/prog-types.ts";
export { compareVersions, hasSince, versionCode } from "./abi/since.ts";
export type * from "./abi/types.ts";
export { type VerdictRow, type VerdictTable, verdictName, verdictsOf } from "./abi/verdicts.ts";
