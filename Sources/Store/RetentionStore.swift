import Basics
package import Domain
import SQLite

/// How long versions are kept, and what goes for it.
package struct RetentionStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    private static let key = "versions.retention"
    /// Removed in one transaction: others write in between.
    private static let most = 500

    /// Of the site; instances may have their own.
    package func rule() async throws(StoreError) -> RetentionRule {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> RetentionRule in
            try RetentionStore.rule(in: tx)
        }
    }

    package func setRule(_ rule: RetentionRule, by actor: Actor) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let old = try RetentionStore.rule(in: tx)
            var changes = AuditChanges()
            changes.compare("keepVersions", old.keepVersions, rule.keepVersions)
            changes.compare("keepDays", old.keepDays, rule.keepDays)
            guard !changes.isEmpty else { return }
            try tx.run(
                SettingSQL.put, RetentionStore.key, "\(rule.keepVersions) \(rule.keepDays)")
            try tx.record(.changed(.site, changes), by: actor)
        }
    }

    /// The rules of site and instances as one text that changes when one of them does.
    package func fingerprint() async throws(StoreError) -> String {
        try await database.read { (tx: borrowing ReadTransaction) throws(StoreError) -> String in
            let rule = try RetentionStore.rule(in: tx)
            let own = try tx.all(RetentionSQL.own) { (row: borrowing Row) in
                "\(row.text(0)) \(row.optionalInt(1) ?? -1) \(row.optionalInt(2) ?? -1)"
            }
            return "\(rule.keepVersions) \(rule.keepDays);\(own.joined(separator: ";"))"
        }
    }

    /// Instances with versions, by id.
    package func instances() async throws(StoreError) -> [Instance.ID] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [Instance.ID] in
            try tx.all(RetentionSQL.instances) { (row: borrowing Row) throws(StoreError) in
                try row.id(0)
            }
        }
    }

    /// Removes what the rule lets go; the vault's files go with the next sweep.
    /// - Returns: how many, at most 500: then ask again. 0 where the instance is gone.
    package func apply(to id: Instance.ID) async throws(StoreError) -> Int {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Int in
            let instance: Instance
            do throws(StoreError) { instance = try InstanceStore.get(id, in: tx) } catch {
                if case .notFound = error { return 0 }
                throw error
            }
            let rule = try RetentionStore.rule(in: tx).with(instance.settings)
            let facts = try tx.all(RetentionSQL.facts, id) {
                (row: borrowing Row) throws(StoreError) in
                RetentionRule.Facts(
                    id: try row.id(0), number: row.int(1), at: row.timestamp(2),
                    isPinned: row.bool(3), hasSnapshot: row.bool(4), isHeld: row.bool(5))
            }
            let gone = rule.removable(facts, now: tx.now).prefix(RetentionStore.most)
            guard let first = gone.first, let last = gone.last else { return 0 }
            for version in gone { try tx.run(RetentionSQL.remove, version.id) }
            let count = gone.count == 1 ? "1 version" : "\(gone.count) versions"
            try tx.record(
                AuditEvent(
                    kind: "instance.versions-removed", object: instance.reference,
                    teamID: instance.teamID,
                    text: "\(count) of instance “\(instance.name)” removed, \(first.number) to "
                        + "\(last.number): \(rule.keepVersions) versions and "
                        + "\(rule.keepDays) days are kept"), by: .site)
            return gone.count
        }
    }

    private static func rule(
        in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> RetentionRule {
        let text = try tx.first(SettingSQL.get, key) { (row: borrowing Row) in row.text(0) }
        let numbers = (text ?? "").split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 2 else { return .standard }
        return RetentionRule(keepVersions: numbers[0], keepDays: numbers[1])
    }
}

/// Pins.
extension VersionStore {
    /// A pinned version stays whatever the retention says.
    package func pin(
        _ id: Version.ID, of instance: Instance.ID, _ isPinned: Bool, by actor: Actor
    ) async throws(StoreError) -> Version {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Version in
            var version = try VersionStore.get(id, of: instance, in: tx)
            guard version.isPinned != isPinned else { return version }
            let instance = try InstanceStore.get(instance, in: tx)
            version.isPinned = isPinned
            try tx.run(RetentionSQL.pin, id, isPinned)
            var changes = AuditChanges()
            changes.compare("pinned", !isPinned, isPinned)
            try tx.record(
                AuditEvent(
                    kind: "instance.version-\(isPinned ? "pinned" : "unpinned")",
                    object: instance.reference, teamID: instance.teamID, before: changes.before,
                    after: changes.after,
                    text: "Version \(version.number) of instance “\(instance.name)” "
                        + "\(isPinned ? "pinned" : "unpinned")"), by: actor)
            return version
        }
    }
}

enum RetentionSQL: String, CaseIterable {
    case own = """
        SELECT id, keep_versions, keep_days FROM instance
        WHERE keep_versions IS NOT NULL OR keep_days IS NOT NULL ORDER BY id
        """
    case instances = "SELECT DISTINCT instance_id FROM version ORDER BY instance_id"
    /// What else needs a version is said here: a test that runs; later devices and stages.
    case facts = """
        SELECT id, number, at_ms, is_pinned,
            EXISTS (SELECT 1 FROM snapshot WHERE version_id = version.id),
            EXISTS (SELECT 1 FROM flow_test_run
                WHERE version_id = version.id AND finished_ms IS NULL)
        FROM version WHERE instance_id = ?1
        """
    case remove = "DELETE FROM version WHERE id = ?1"
    case pin = "UPDATE version SET is_pinned = ?2 WHERE id = ?1"
}
