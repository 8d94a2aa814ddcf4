/** skep/btf: BTF read, written, relocated against, printed, and values by type. */
export { Btf } from "./btf/btf.ts";
export { type CoreOutcome, relocateCore } from "./btf/core.ts";
export { type DedupResult, dedupTypes } from "./btf/dedup.ts";
export { declarations } from "./btf/dts.ts";
export { type DumpOptions, dumpC } from "./btf/dump.ts";
export { dumpJson, dumpRaw } from "./btf/dump-raw.ts";
export { type BtfExt, parseBtfExt } from "./btf/ext.ts";
export { type PruneOptions, type PruneResult, pruneTypes } from "./btf/prune.ts";
export { type JsonValue, jsonOf, type ShowOptions, showBytes, showValue } from "./btf/show.ts";
export type * from "./btf/types.ts";
export { type BtfValue, bytesCodec, codecOf, type ValueCodec } from "./btf/value.ts";
export { BtfBuilder, writeBtf } from "./btf/write.ts";
export { kernelProfile } from "./host/kernel-types.ts";
