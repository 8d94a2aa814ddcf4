/** After each test file: its process holds no program, map or link any more. */
import { afterAll, expect } from "vitest";
import { heldObjects } from "../live.ts";

afterAll(() => expect(heldObjects(), "held at the end of the file").toEqual([]));
