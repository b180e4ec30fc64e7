// The whole storage interface: what a backend implements and the contract suite checks.
#pragma once

#include "nanomdm/storage/cert_auth_store.hpp"
#include "nanomdm/storage/checkin_store.hpp"
#include "nanomdm/storage/enrollment_store.hpp"
#include "nanomdm/storage/fleet_reader.hpp"
#include "nanomdm/storage/import_store.hpp"
#include "nanomdm/storage/outbox_store.hpp"
#include "nanomdm/storage/pingable.hpp"
#include "nanomdm/storage/push_store.hpp"
#include "nanomdm/storage/queue_store.hpp"

namespace nanomdm {

/// A storage backend. Every operation
/// - blocks: call it on a worker thread; any number of threads may call at once;
/// - is atomic, and what it changed is durable when it returns (touch_last_seen apart);
/// - throws Error{Errc::unavailable} when the backend cannot be reached, after it has retried what is
///   safe to repeat; nothing happened then as far as the caller can see.
/// Services take the role they need; only app/ and the contract suite see the whole.
class AllStorage : public CheckInStore,
                   public BootstrapTokenStore,
                   public CertAuthStore,
                   public QueueStore,
                   public PushStore,
                   public PushCertStore,
                   public EnrollmentStore,
                   public FleetReader,
                   public OutboxStore,
                   public ImportStore,
                   public Pingable {};

} // namespace nanomdm
