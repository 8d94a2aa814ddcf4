/** Maps as the verifier sees them: those of the program in order, then the templates of inner maps. */
import { BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG } from "../abi/flags.ts";
import type { BtfView } from "../btf/types.ts";
import type { MapSpec } from "../obj/spec.ts";
import { type FieldRecord, fieldsOf, mapRecord } from "./record.ts";

export interface MapView {
  readonly spec: MapSpec;
  /** At most 15 characters, as the kernel keeps it. */
  readonly name: string;
  /** Position in Env.maps. */
  readonly index: number;
  /** Position of the inner map's template, -1 without. */
  inner: number;
  /** Special fields of the value: locks, timers, kptrs; null where there is none. */
  readonly record: FieldRecord | null;
  readonly canRead: boolean;
  readonly canWrite: boolean;
  /** Content that can never change: loads from it are constants. */
  readonly frozen: Uint8Array | null;
}

export function viewMaps(specs: readonly MapSpec[], kernelBtf: BtfView | null, kernel: string): MapView[] {
  const fields = fieldsOf(kernel);
  const views: MapView[] = specs.map((spec, i) => view(spec, i, kernelBtf, fields));
  for (const outer of views.slice()) {
    if (outer.spec.inner === null) continue;
    outer.inner = views.length;
    views.push(view(outer.spec.inner, views.length, kernelBtf, fields));
  }
  return views;
}

function view(spec: MapSpec, index: number, kernelBtf: BtfView | null, fields: number): MapView {
  const flags = spec.flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG);
  const frozen = (spec.global === "rodata" || spec.global === "kconfig") && (flags & BPF_F_RDONLY_PROG) !== 0;
  return {
    spec,
    name: spec.name.slice(0, 15),
    index,
    inner: -1,
    record: mapRecord(spec, kernelBtf, fields),
    canRead: (flags & BPF_F_WRONLY_PROG) === 0,
    canWrite: (flags & BPF_F_RDONLY_PROG) === 0,
    frozen: frozen ? spec.initial : null,
  };
}
