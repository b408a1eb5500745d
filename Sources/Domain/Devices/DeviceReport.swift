package import Basics

/// What a device said of itself last. It is a claim: names and numbers of strangers, cut to size.
package struct DeviceReport: Sendable, Equatable {
    /// How far the change to another snapshot is.
    package struct Step: Sendable, Equatable {
        package var phase: DevicePhase
        package var revision: Int64?
        package var deployment: String?
        /// Bytes or pieces; `nil` where it did not say.
        package var done: Int64?
        package var of: Int64?
        package var reason: String?
        package var until: Timestamp?

        package init(
            phase: DevicePhase = .idle, revision: Int64? = nil, deployment: String? = nil,
            done: Int64? = nil, of: Int64? = nil, reason: String? = nil, until: Timestamp? = nil
        ) {
            self.phase = phase
            self.revision = revision
            self.deployment = deployment
            self.done = done
            self.of = of
            self.reason = reason
            self.until = until
        }
    }

    /// When it came in, by our clock.
    package var seenAt: Timestamp
    package var address: String?
    package var state: DeviceState
    package var mode: Device.Mode?
    package var run: DesiredState?
    package var snapshotID: Snapshot.ID?
    /// Which of the device's own revisions it has taken over; `nil` of a stock agent.
    package var revision: Int64?
    /// The mark of the settings that it works with.
    package var settings: String?
    package var step: Step
    package var problem: String?
    package var agentVersion: String?
    package var nodeVersion: String?
    package var nodeREDVersion: String?
    /// As Node.js calls it: `x64`, `arm64`; `nil` where it did not say.
    package var architecture: String?
    package var uptimeSeconds: Int64?
    /// The device's own clock at `seenAt`.
    package var clock: Timestamp?
    package var bootID: String?
    package var serial: String?
    /// Node packages with their versions, where somebody asked for them.
    package var packages: [NodeModule]

    package init(
        seenAt: Timestamp, address: String? = nil, state: DeviceState = .unknown,
        mode: Device.Mode? = nil, run: DesiredState? = nil, snapshotID: Snapshot.ID? = nil,
        revision: Int64? = nil, settings: String? = nil, step: Step = Step(),
        problem: String? = nil, agentVersion: String? = nil, nodeVersion: String? = nil,
        nodeREDVersion: String? = nil, architecture: String? = nil, uptimeSeconds: Int64? = nil,
        clock: Timestamp? = nil, bootID: String? = nil, serial: String? = nil,
        packages: [NodeModule] = []
    ) {
        self.seenAt = seenAt
        self.address = address
        self.state = state
        self.mode = mode
        self.run = run
        self.snapshotID = snapshotID
        self.revision = revision
        self.settings = settings
        self.step = step
        self.problem = problem
        self.agentVersion = agentVersion
        self.nodeVersion = nodeVersion
        self.nodeREDVersion = nodeREDVersion
        self.architecture = architecture
        self.uptimeSeconds = uptimeSeconds
        self.clock = clock
        self.bootID = bootID
        self.serial = serial
        self.packages = packages
    }

    /// Whether somebody who looks at the device would see another thing.
    package func differs(from other: DeviceReport?) -> Bool {
        guard var other else { return true }
        other.seenAt = seenAt
        other.uptimeSeconds = uptimeSeconds
        other.clock = clock
        return other != self
    }
}

/// Whether it is there, as the broker knows.
package struct DevicePresence: Sendable, Equatable {
    package var isConnected: Bool
    /// Since when it is so, by our clock.
    package var since: Timestamp
    package var address: String?
    /// It comes by HTTP from time to time: it learns what it shall be, and nothing else can be said
    /// to it.
    package var isPolled: Bool

    package init(
        isConnected: Bool, since: Timestamp, address: String? = nil, isPolled: Bool = false
    ) {
        self.isConnected = isConnected
        self.since = since
        self.address = address
        self.isPolled = isPolled
    }
}
