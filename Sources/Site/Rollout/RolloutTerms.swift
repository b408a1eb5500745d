package import Basics
package import Domain
package import Store

/// What deployments and its group say to one device beside its snapshot: which deployment it is
/// about, and when the device may switch.
package struct RolloutTerms: Sendable, Equatable {
    package var deployment: Deployment.ID?
    /// Which order of the deployment to the device it is.
    package var attempt = 0
    package var window: DesiredDocument.Window?
}

/// Asked whenever a device's desired document is made.
package struct RolloutTermsMaker: Sendable {
    private let stores: Stores
    private let zones: ZoneBook
    private let clock: @Sendable () -> Timestamp

    package init(
        stores: Stores, zones: ZoneBook,
        clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.stores = stores
        self.zones = zones
        self.clock = clock
    }

    /// A deployment under way decides by itself. Whatever else changes a device – its group's
    /// target, a tag that brings it into a group, its environment – waits for the window of the
    /// group, unless nothing runs on the device that could be disturbed.
    package func terms(of device: Device) async throws(StoreError) -> RolloutTerms {
        let claim = try await stores.deployments.claim(on: device.id)
        var window = claim?.window
        if claim?.isOver ?? true, window == nil, let group = device.groupID,
            try await stores.deviceReports.find(device.id)?.snapshotID != nil
        {
            window = try await stores.deviceGroups.get(group).group.windowID
        }
        var terms = RolloutTerms(deployment: claim?.deployment, attempt: claim?.attempt ?? 0)
        if let window { terms.window = try await opening(of: window) }
        return terms
    }

    private func opening(
        of id: MaintenanceWindow.ID
    ) async throws(StoreError) -> DesiredDocument.Window {
        let rule = try await stores.windows.get(id)
        let measured = try await stores.deployments.measured(in: rule.applicationID)
        // One that opens no more is over: the device switches never.
        let opening =
            zones.opening(of: rule, at: clock())
            ?? MaintenanceWindow.Opening(
                from: Timestamp(milliseconds: 0), to: Timestamp(milliseconds: 1))
        return .init(from: opening.from, to: opening.to, fits: measured?.switching ?? 0)
    }
}
