package import Basics
import Domain
package import Store

/// Removes, once a day, the versions that are kept no longer, and within ten minutes after somebody
/// changed how long they are. The time between is for taking a typing error back.
///
/// A clock that jumped years ahead makes everything old: while it is in doubt nothing goes, and
/// after a month without a round the first round waits for a day.
package actor RetentionKeeper: Service {
    static let key = "versions.retention-round"
    private static let pause = Duration.seconds(600)
    private static let longest = Duration.seconds(30 * 86_400)

    private let stores: Stores
    private let time: SteadyTime
    private let log = Log("versions")
    private var fingerprint = ""

    package init(stores: Stores, time: SteadyTime) {
        self.stores = stores
        self.time = time
    }

    package func run() async throws {
        while true {
            try await Task.sleep(for: Self.pause)
            do throws(StoreError) { _ = try await advance(now: .now()) } catch {
                log.warning("no versions were removed: \(error)")
            }
        }
    }

    /// - Returns: versions that were removed.
    @discardableResult
    package func advance(now: Timestamp) async throws(StoreError) -> Int {
        guard try await time.isSteady() else { return 0 }
        let rules = try await stores.retention.fingerprint()
        let last = try await stores.settings.value(Self.key).flatMap(Timestamp.init(rfc3339:))
        guard let last, last <= now, now <= last + Self.longest else {
            log.info("versions are removed from tomorrow on")
            return try await begin(rules, at: now)
        }
        guard now >= last + .seconds(86_400) || (!fingerprint.isEmpty && fingerprint != rules)
        else {
            fingerprint = rules
            return 0
        }
        _ = try await begin(rules, at: now)
        var removed = 0
        for instance in try await stores.retention.instances() where !Task.isCancelled {
            while true {
                let count = try await stores.retention.apply(to: instance)
                removed += count
                if count == 0 || Task.isCancelled { break }
            }
        }
        if removed > 0 { log.info("\(removed) versions were removed") }
        return removed
    }

    private func begin(_ rules: String, at now: Timestamp) async throws(StoreError) -> Int {
        try await stores.settings.setValue(Self.key, to: now.rfc3339)
        fingerprint = rules
        return 0
    }
}
