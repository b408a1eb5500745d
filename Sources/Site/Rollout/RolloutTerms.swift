package import Basics
package import Domain
package import Store

/// What a deployment says to one device beside its snapshot: which it is, and when the device may
/// switch.
package struct RolloutTerms: Sendable, Equatable {
    package var deployment: Deployment.ID
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

    /// `nil`: no deployment has told the device what it shall run now.
    package func terms(of device: Device.ID) async throws(StoreError) -> RolloutTerms? {
        guard let claim = try await stores.deployments.claim(on: device) else { return nil }
        var window: DesiredDocument.Window?
        if let id = claim.window {
            let now = clock()
            let rule = try await stores.windows.get(id)
            let measured = try await stores.deployments.measured(in: rule.applicationID)
            // One that opens no more is over: the device switches never.
            let opening =
                zones.opening(of: rule, at: now)
                ?? MaintenanceWindow.Opening(
                    from: Timestamp(milliseconds: 0), to: Timestamp(milliseconds: 1))
            window = .init(
                from: opening.from, to: opening.to, fits: measured?.switching ?? 0)
        }
        return RolloutTerms(deployment: claim.deployment, window: window)
    }
}
