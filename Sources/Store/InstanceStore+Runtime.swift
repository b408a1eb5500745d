package import Domain
import SQLite

/// What the supervisor keeps about running an instance. None of it is a change that somebody
/// made, so there are no audit events here, but for the environment.
extension InstanceStore {
    package func secrets(of id: Instance.ID) async throws(StoreError) -> InstanceSecrets {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> InstanceSecrets in
            try tx.one("The instance", RuntimeSQL.secrets, id) { (row: borrowing Row) in
                InstanceSecrets(credentialSecret: row.blob(0), pageSecret: row.blob(1))
            }
        }
    }

    /// - Returns: `false` if another instance holds that port: try the next.
    package func leasePort(_ port: Int, for id: Instance.ID) async throws(StoreError) -> Bool {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Bool in
            guard try tx.count(RuntimeSQL.portTaken, port, id) == 0 else { return false }
            try tx.run(RuntimeSQL.setPort, id, port)
            return true
        }
    }

    package func releasePort(of id: Instance.ID) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
            try tx.run(RuntimeSQL.setPort, id, Int?.none)
        }
    }

    /// By name.
    package func environment(
        of id: Instance.ID
    ) async throws(StoreError) -> [EnvironmentVariable] {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [EnvironmentVariable] in
            try InstanceStore.environment(of: id, in: tx)
        }
    }

    /// Replaces all variables. The audit event names them, without values.
    package func setEnvironment(
        of id: Instance.ID, to variables: [EnvironmentVariable], by actor: Actor
    ) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let instance = try InstanceStore.get(id, in: tx)
            let old = try InstanceStore.environment(of: id, in: tx)
            guard old != variables.sorted(by: { $0.name.text < $1.name.text }) else { return }
            try tx.run(RuntimeSQL.clearEnvironment, id)
            for variable in variables {
                try tx.run(
                    RuntimeSQL.putEnvironment, id, variable.name.text, variable.sealedValue,
                    variable.isSecret)
            }
            var changes = AuditChanges()
            let names = Set(old.map(\.name.text)).union(variables.map(\.name.text))
            for name in names.sorted() {
                let before = old.first { $0.name.text == name }
                let after = variables.first { $0.name.text == name }
                if before == nil || after == nil {
                    changes.compare(name, before.map { _ in "•••" }, after.map { _ in "•••" })
                } else if before != after {
                    changes.secret(name)
                }
            }
            try tx.record(
                AuditEvent(
                    kind: "instance.environment-changed", object: instance.reference,
                    teamID: instance.teamID, before: changes.before, after: changes.after,
                    text: "Environment of instance “\(instance.name)” changed"), by: actor)
        }
    }

    static func environment(
        of id: Instance.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> [EnvironmentVariable] {
        try tx.all(RuntimeSQL.environment, id) { (row: borrowing Row) in
            EnvironmentVariable(
                name: EnvironmentVariable.Name(stored: row.text(0)), sealedValue: row.blob(1),
                isSecret: row.bool(2))
        }
    }
}

enum RuntimeSQL: String, CaseIterable {
    case secrets = "SELECT credential_secret, page_secret FROM instance WHERE id = ?1"
    case portTaken = "SELECT count(*) FROM instance WHERE port = ?1 AND id <> ?2"
    case setPort = "UPDATE instance SET port = ?2 WHERE id = ?1"
    case environment = """
        SELECT name, sealed_value, is_secret FROM instance_environment
        WHERE instance_id = ?1 ORDER BY name
        """
    case clearEnvironment = "DELETE FROM instance_environment WHERE instance_id = ?1"
    case putEnvironment = """
        INSERT INTO instance_environment (instance_id, name, sealed_value, is_secret)
        VALUES (?1, ?2, ?3, ?4)
        """
}
