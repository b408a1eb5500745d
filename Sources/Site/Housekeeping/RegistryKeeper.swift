package import Basics
package import Store

/// Forgets, once an hour, what need not be kept: sessions and invitations that are over, alarms long
/// cleared, keys of enrolment tokens that let nobody in any more, what was made for devices of which
/// none needs it, and old samples. All of it waits for a clock that is right. Audit events and versions are never forgotten here.
package struct RegistryKeeper: Service {
    /// 90 days: a quarter's report still finds them.
    static let alarmsKept = Duration.seconds(90 * 86_400)

    /// 30 days: so long a device whose answer was lost may ask for it again.
    static let secretsKept = Duration.seconds(30 * 86_400)
    /// 7 days: between what is made and the row that needs it are seconds.
    static let contentKept = Duration.seconds(7 * 86_400)

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
            guard try await time.isSteady() else { return }
            try await stores.sessions.purge()
            try await stores.invitations.purge()
            try await stores.alarms.purge(clearedBefore: now - Self.alarmsKept)
            try await stores.enrolmentTokens.forgetSecrets(before: now - Self.secretsKept)
            try await stores.artifacts.prune(
                unusedSince: now - Self.contentKept,
                keeping: ArtifactKeeper.names(of: try await stores.snapshots.moduleSets()))
            try await stores.resources.prune(now: now)
        } catch { log.warning("nothing was tidied up: \(error)") }
    }
}
