/** For a small server whose every commit must last. */
const DEFAULTS: Readonly<Record<string, string>> = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_connections: '200',
  shared_buffers: '128MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '256MB',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
};

/** Statements, their values and the details of their errors may hold secrets and personal data: none is logged. */
const QUIET_LOG: Readonly<Record<string, string>> = {
  logging_collector: 'off',
  log_destination: 'stderr',
  log_statement: 'none',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_min_duration_statement: '-1',
  log_error_verbosity: 'terse',
};

export const PORT = 5432;

export interface Endpoint {
  readonly socketFolder: string;
  readonly clusterName: string;
}

/** Arguments of `postgres`. What keeps the server private cannot be set otherwise. */
export function serverArguments(
  endpoint: Endpoint,
  extra: Readonly<Record<string, string>>,
): string[] {
  const settings = {
    ...DEFAULTS,
    ...extra,
    ...QUIET_LOG,
    listen_addresses: '',
    port: String(PORT),
    unix_socket_directories: `"${endpoint.socketFolder.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
    cluster_name: endpoint.clusterName,
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
