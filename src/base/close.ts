/** Closes all, also when one of them fails: its error is thrown when the others are closed, the first of several. */
export function closeAll(items: Iterable<{ close(): void }>): void {
  const failed: unknown[] = [];
  for (const item of items) {
    try {
      item.close();
    } catch (error) {
      failed.push(error);
    }
  }
  if (failed.length > 0) throw failed[0];
}
