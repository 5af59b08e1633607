/**
 * Loaded into a measured process before its own code (`node --require`): tells how much processor time and memory it has
 * used when it is asked, memory after a full garbage collection.
 */
process.on('message', (question) => {
  if (question === 'memory') globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMicros: user + system, rssBytes: process.memoryUsage.rss() });
});
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM')); // nobody measures any more
process.channel?.unref(); // asking must not keep it alive
