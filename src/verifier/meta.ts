/** What the checks of a helper call's arguments learn, for the checks that follow. */

import type { MapView } from "./maps.ts";
import type { Field } from "./record.ts";

export interface CallMeta {
  id: number;
  name: string;
  map: MapView | null;
  mapUid: number;
  /** The next memory argument is only written: it need not be initialised. */
  rawMode: boolean;
  pktAccess: boolean;
  /** Register that is released, 0 without. */
  releaseReg: number;
  /** Memory that the call writes: register and bytes. */
  rawReg: number;
  rawSize: number;
  memSize: number;
  /** Upper bound of the last size argument, low and high word. */
  maxSizeLo: number;
  maxSizeHi: number;
  refId: number;
  dynptrId: number;
  retBtf: number;
  retBtfId: number;
  subprog: number;
  kptrField: Field | null;
  /** Constant key of an array lookup, -1 where unknown. */
  constKey: number;
}

export function newMeta(): CallMeta {
  return {
    id: 0,
    name: "",
    map: null,
    mapUid: 0,
    rawMode: false,
    pktAccess: false,
    releaseReg: 0,
    rawReg: 0,
    rawSize: 0,
    memSize: 0,
    maxSizeLo: 0,
    maxSizeHi: 0,
    refId: 0,
    dynptrId: 0,
    retBtf: 0,
    retBtfId: 0,
    subprog: 0,
    kptrField: null,
    constKey: -1,
  };
}

/** READ and WRITE of an access, in the kernel's numbering. */
export const READ = 1;
export const WRITE = 2;
