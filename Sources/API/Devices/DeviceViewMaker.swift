import Basics
package import Domain
package import HTTP
package import Site
package import Store

/// Puts the views of devices together, many at once: rows, what they said, what stands beside them.
package struct DeviceViewMaker: Sendable {
    private let devices: DeviceStore
    private let reports: any DeviceReports

    package init(devices: DeviceStore, reports: any DeviceReports) {
        self.devices = devices
        self.reports = reports
    }

    package func view(_ device: Device) async throws(Problem) -> DeviceView {
        guard let view = try await views([device]).first else { throw .notFound("The device") }
        return view
    }

    package func facts(
        of devices: [Device.ID]
    ) async throws(Problem) -> [Device.ID: DeviceFacts] {
        try await stored { () async throws(StoreError) in
            try await reports.facts(of: devices)
        }
    }

    package func views(_ list: [Device]) async throws(Problem) -> [DeviceView] {
        let facts = try await facts(of: list.map(\.id))
        return try await views(list, facts)
    }

    func views(
        _ list: [Device], _ facts: [Device.ID: DeviceFacts]
    ) async throws(Problem) -> [DeviceView] {
        let (surroundings, names) = try await stored { () async throws(StoreError) in
            let running = Set(list.compactMap { facts[$0.id]?.snapshotID })
            return (
                try await devices.surroundings(of: list.map(\.id)),
                try await devices.names(of: Array(running))
            )
        }
        return list.map { device in
            let facts = facts[device.id] ?? DeviceFacts()
            return DeviceView(
                device: device, facts: facts, target: surroundings[device.id]?.target,
                // One that was removed since still has its id.
                running: facts.snapshotID.map { .init(id: $0, name: names[$0] ?? $0.text) },
                certificate: surroundings[device.id]?.certificate)
        }
    }
}
