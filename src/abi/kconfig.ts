/** .kconfig externs that every kernel of the modelled version (6.18) answers alike. */
export const MODEL_KCONFIG: Readonly<Record<string, number>> = {
  LINUX_KERNEL_VERSION: (6 << 16) | (18 << 8),
  LINUX_HAS_BPF_COOKIE: 1,
  LINUX_HAS_SYSCALL_WRAPPER: 1,
  CONFIG_HZ: 250,
};
