/**
 * BTF with a part of a kernel's types: the bundled profile. A type that it lacks may be in the kernel all the same, so that
 * accesses to one keep the layout that the object knows (core.ts); whether one exists is answered by what is here.
 */
import { Btf } from "./btf.ts";

export class PartialBtf extends Btf {
  override readonly partial: boolean = true;
}
