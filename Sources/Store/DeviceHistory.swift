package import Basics
package import Domain

/// Logs and samples of a device stand beside those of the instances: an id is of one of them only.
extension LogStore {
    package func append(
        _ records: [LogRecord], ofDevice device: Device.ID
    ) async throws(StoreError) -> [LogRecord] {
        guard let owner = Instance.ID(device.text) else { return [] }
        return try await append(records, of: owner)
    }

    package func page(
        ofDevice device: Device.ID, _ direction: Direction = .newest, _ filter: Filter = Filter(),
        limit: Int = 200
    ) async throws(StoreError) -> Stretch {
        guard let owner = Instance.ID(device.text) else { throw .notFound("The device") }
        return try await page(of: owner, direction, filter, limit: limit)
    }

    package func delete(ofDevice device: Device.ID) async throws(StoreError) {
        guard let owner = Instance.ID(device.text) else { return }
        try await delete(owner)
    }
}

extension ResourceStore {
    package func append(
        _ samples: [ResourceSample], ofDevice device: Device.ID, now: Timestamp
    ) async throws(StoreError) -> [ResourceSample] {
        guard let owner = Instance.ID(device.text) else { return [] }
        return try await append(samples, of: owner, now: now)
    }

    package func list(
        ofDevice device: Device.ID, from: Timestamp, to: Timestamp, points: Int = 300
    ) async throws(StoreError) -> [ResourceSample] {
        guard let owner = Instance.ID(device.text) else { throw .notFound("The device") }
        return try await list(of: owner, from: from, to: to, points: points)
    }
}
