package import Basics
package import Store

/// Forgets, once an hour, what the registry need not keep: sessions and invitations that are over,
/// and alarms long cleared. Audit events and versions are never forgotten here.
package struct RegistryKeeper: Service {
    /// 90 days: a quarter's report still finds them.
    static let alarmsKept = Duration.seconds(90 * 86_400)

    private let stores: Stores
    private let time: SteadyTime
    private let log = Log("registry")

    package init(stores: Stores, time: SteadyTime) {
        self.stores = stores
        self.time = time
    }

    package func run() async throws {
        while true {
            await tidy(now: .now())
            try await Task.sleep(for: .seconds(3600))
        }
    }

    package func tidy(now: Timestamp) async {
        do throws(StoreError) {
            try await stores.sessions.purge()
            try await stores.invitations.purge()
            guard try await time.isSteady() else { return }
            try await stores.alarms.purge(clearedBefore: now - Self.alarmsKept)
        } catch { log.warning("nothing was tidied up: \(error)") }
    }
}
