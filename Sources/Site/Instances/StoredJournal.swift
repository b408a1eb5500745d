package import Domain
package import Store

/// Logs and samples in the database of the history.
package struct StoredJournal: InstanceJournal {
    private let logs: LogStore
    private let resources: ResourceStore

    package init(stores: Stores) {
        logs = stores.logs
        resources = stores.resources
    }

    package func position(of id: Instance.ID) async throws -> LogPosition? {
        try await logs.position(of: id)
    }

    package func append(
        _ records: [LogRecord], of id: Instance.ID, upTo position: LogPosition
    ) async throws -> [LogRecord] {
        try await logs.append(records, of: id, readTo: position)
    }

    package func append(_ sample: ResourceSample, of id: Instance.ID) async throws {
        try await resources.append([sample], of: id)
    }
}
