/** The TypeScript module that `skep gen` writes for an object. */
import { mapTypeWord } from "../abi/map-types.ts";
import { progTypeWord } from "../abi/prog-types.ts";
import { declarations } from "../btf/dts.ts";
import { recordType } from "../loader/records.ts";
import type { ObjSpec } from "../obj/spec.ts";

/** Rings get the type of their records as value, by the same rule that load() decodes them by. */
export function typesOf(spec: ObjSpec, name?: string): string {
  const maps = spec.maps.map((map) => ({ ...map, valueTypeId: recordType(spec, map)?.typeId ?? map.valueTypeId }));
  return declarations({ ...spec, maps }, { prog: progTypeWord, map: mapTypeWord }, name);
}
