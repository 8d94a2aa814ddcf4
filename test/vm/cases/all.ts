import type { LiveCase } from "../kit.ts";
import { GENERAL, NOTHING_LEFT } from "./general.ts";
import { NETWORK } from "./net.ts";
import { POLICIES } from "./policy.ts";
import { PROBES } from "./probes.ts";
import { SOCKETS } from "./xsk.ts";

export const CASES: readonly LiveCase[] = [...PROBES, ...POLICIES, ...NETWORK, ...SOCKETS, ...GENERAL, NOTHING_LEFT];
