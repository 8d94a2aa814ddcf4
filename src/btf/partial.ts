/**
 * BTF with a part of a kernel's types: the bundled profile. What it lacks may be in the kernel all the same: `load()` keeps the
 * object's layout of such a type, and `skep verify` gives no verdict on a program that needs one.
 */
import { Btf } from "./btf.ts";

export class PartialBtf extends Btf {
  override readonly partial: boolean = true;
}
