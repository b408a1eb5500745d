package import Basics
package import Domain
package import Store

/// What a device said of itself last, and whether it is there.
package struct DeviceFacts: Sendable, Equatable {
    package var isConnected = false
    package var lastSeenAt: Timestamp?
    package var address: String?
    /// A word of the agent's: those of `InstanceState`, or its own.
    package var state = "unknown"
    package var snapshotID: Snapshot.ID?
    /// `nil`: an agent that knows no revisions.
    package var revision: Int64?
    package var phase = "idle"
    package var progress: Progress?
    /// When its probation, or what it waits for, ends at the latest.
    package var phaseUntil: Timestamp?
    package var problem: String?
    package var agentVersion: String?
    package var nodeVersion: String?
    package var nodeREDVersion: String?
    package var architecture: String?

    package struct Progress: Sendable, Equatable {
        package var done: Int64
        package var of: Int64
        package init(done: Int64, of: Int64) {
            self.done = done
            self.of = of
        }
    }

    package init() {}
}

/// Who knows what devices said.
package protocol DeviceReports: Sendable {
    /// Devices that never said anything are left out.
    func facts(of devices: [Device.ID]) async throws(StoreError) -> [Device.ID: DeviceFacts]
}
