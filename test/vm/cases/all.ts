import type { LiveCase } from "../kit.ts";
import { GENERAL, NOTHING_LEFT } from "./general.ts";
import { NETWORK } from "./net.ts";
import { POLICIES } from "./policy.ts";
import { PROBES } from "./probes.ts";

export const CASES: readonly LiveCase[] = [...PROBES, ...POLICIES, ...NETWORK, ...GENERAL, NOTHING_LEFT];
