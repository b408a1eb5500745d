package import Basics

/// A snapshot on its way to many devices.
package struct Deployment: Sendable, Equatable {
    package typealias ID = Identifier<Deployment>

    package enum State: String, Sendable, CaseIterable {
        /// Made, and not started yet.
        case ready
        case awaitingApproval = "awaiting-approval"
        case running, paused
        /// Stopped by itself; what is in hand comes to its end.
        case stopping
        case stopped, finished, cancelled

        /// Nothing more comes of it by itself.
        package var isOver: Bool {
            switch self {
            case .stopped, .finished, .cancelled: true
            default: false
            }
        }
    }

    package var id: ID
    package var organizationID: Organization.ID
    package var teamID: Team.ID
    package var applicationID: Application.ID
    package var snapshotID: Snapshot.ID
    package var windowID: MaintenanceWindow.ID?
    package var name: Name<Deployment>
    package var plan: RolloutPlan
    package var state: State
    package var reason: String?
    package var createdAt: Timestamp
    /// As it is shown.
    package var createdBy: String
    /// The person behind it; `nil`: the console.
    package var creator: User.ID?
    /// What was worth a word when it was made, and stood in nobody's way.
    package var warnings: [String]
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp?

    package init(
        id: ID, organizationID: Organization.ID, teamID: Team.ID, applicationID: Application.ID,
        snapshotID: Snapshot.ID, windowID: MaintenanceWindow.ID?, name: Name<Deployment>,
        plan: RolloutPlan, state: State, reason: String? = nil, createdAt: Timestamp,
        createdBy: String, creator: User.ID? = nil, warnings: [String] = [],
        startedAt: Timestamp? = nil, finishedAt: Timestamp? = nil
    ) {
        self.id = id
        self.organizationID = organizationID
        self.teamID = teamID
        self.applicationID = applicationID
        self.snapshotID = snapshotID
        self.windowID = windowID
        self.name = name
        self.plan = plan
        self.state = state
        self.reason = reason
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.creator = creator
        self.warnings = warnings
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }

    package var path: ScopePath {
        ScopePath(organization: organizationID, team: teamID, application: applicationID)
    }

    package var reference: ObjectReference {
        ObjectReference(type: "deployment", id: id.text, name: name.text)
    }
}

/// One step of a deployment.
package struct DeploymentStep: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable { case waiting, running, finished }

    package var name: String
    package var state: State
    package var verdict: RolloutVerdict
    package var startedAt: Timestamp?
    /// Since when enough of its devices run the snapshot.
    package var settledAt: Timestamp?
    package var finishedAt: Timestamp?

    package init(
        name: String, state: State = .waiting,
        verdict: RolloutVerdict = .hold("Its turn has not come."), startedAt: Timestamp? = nil,
        settledAt: Timestamp? = nil, finishedAt: Timestamp? = nil
    ) {
        self.name = name
        self.state = state
        self.verdict = verdict
        self.startedAt = startedAt
        self.settledAt = settledAt
        self.finishedAt = finishedAt
    }
}

/// One device of a deployment: who they are is settled when it is made.
package struct DeploymentDevice: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        /// Its turn has not come.
        case pending
        /// Told, and not heard of since.
        case sent
        case updating
        /// Fetched and ready; the machine says "not now".
        case busy
        /// Away too long to wait for; gets it when it returns.
        case offline
        /// Somebody works on the device itself; gets it when that is over.
        case developer
        case updated, failed
        /// A newer deployment has taken it over.
        case superseded
        /// Moved to another application, or otherwise none of the deployment's any more.
        case removed
        /// On its way back to what it ran before.
        case returning
        case returned

        /// Neither blocks nor helps its step.
        package var isExcluded: Bool {
            switch self {
            case .offline, .developer, .superseded, .removed: true
            default: false
            }
        }

        /// Not waited for, and not forgotten.
        package var comesLater: Bool { self == .offline || self == .developer }

        package var isUnderWay: Bool { self == .sent || self == .updating || self == .busy }
    }

    package var id: Device.ID
    /// From 0 on.
    package var step: Int
    package var state: State
    /// What it says, or why it stands so.
    package var text: String?
    /// How often it was told.
    package var attempts: Int
    /// Of the device row that told it.
    package var revision: Int64?
    /// What it was to run before.
    package var formerSnapshotID: Snapshot.ID?
    package var changedAt: Timestamp
    package var sentAt: Timestamp?
    /// When it had all that it needed.
    package var fetchedAt: Timestamp?
    package var doneAt: Timestamp?

    package init(
        id: Device.ID, step: Int, state: State = .pending, text: String? = nil,
        attempts: Int = 0, revision: Int64? = nil, formerSnapshotID: Snapshot.ID? = nil,
        changedAt: Timestamp, sentAt: Timestamp? = nil, fetchedAt: Timestamp? = nil,
        doneAt: Timestamp? = nil
    ) {
        self.id = id
        self.step = step
        self.state = state
        self.text = text
        self.attempts = attempts
        self.revision = revision
        self.formerSnapshotID = formerSnapshotID
        self.changedAt = changedAt
        self.sentAt = sentAt
        self.fetchedAt = fetchedAt
        self.doneAt = doneAt
    }
}

/// How a device stands now, as the fleet knows.
package struct DeviceStanding: Sendable, Equatable {
    package var id: Device.ID
    package var isConnected: Bool
    /// When it was heard of last; `nil`: never.
    package var seenAt: Timestamp?
    package var state: DeviceState
    /// `nil`: it did not say.
    package var mode: Device.Mode?
    package var snapshotID: Snapshot.ID?
    /// Which of its revisions it has taken over; `nil` of a stock agent.
    package var revision: Int64?
    package var phase: DevicePhase
    /// Which revision the phase is about.
    package var phaseRevision: Int64?
    package var done: Int64?
    package var reason: String?

    package init(
        id: Device.ID, isConnected: Bool, seenAt: Timestamp? = nil, state: DeviceState = .unknown,
        mode: Device.Mode? = nil, snapshotID: Snapshot.ID? = nil, revision: Int64? = nil,
        phase: DevicePhase = .idle,
        phaseRevision: Int64? = nil, done: Int64? = nil, reason: String? = nil
    ) {
        self.id = id
        self.isConnected = isConnected
        self.seenAt = seenAt
        self.state = state
        self.mode = mode
        self.snapshotID = snapshotID
        self.revision = revision
        self.phase = phase
        self.phaseRevision = phaseRevision
        self.done = done
        self.reason = reason
    }
}
