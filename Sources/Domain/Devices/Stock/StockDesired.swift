package import Basics

/// What a stock agent shall run, in the few words that it compares.
package struct StockDesired: Sendable, Equatable {
    /// The agent's name for the starter, which an application's device runs without a snapshot.
    package static let starter = "0"

    /// `nil`: it belongs to none and runs nothing.
    package var application: Application.ID?
    package var snapshot: Snapshot.ID?
    /// Differs whenever anything of `live/settings` does.
    package var settings: String
    package var mode: Device.Mode
    package var run: DesiredState

    package init(
        application: Application.ID?, snapshot: Snapshot.ID?, settings: String,
        mode: Device.Mode, run: DesiredState
    ) {
        self.application = application
        self.snapshot = snapshot
        self.settings = settings
        self.mode = mode
        self.run = run
    }

    /// As the agent names it: an application's device always has one.
    package var snapshotName: String? {
        application == nil ? nil : snapshot?.text ?? Self.starter
    }

    /// Which word of the agent's HTTP answers says first what is not as it shall be.
    package enum Difference: String, Sendable {
        case project = "incorrect-project"
        case application = "incorrect-application"
        case snapshot = "incorrect-snapshot"
        case settings = "incorrect-settings"
    }

    /// What the agent runs and shall not, the starter being nothing. Mode and run state are not
    /// among it: an agent by HTTP cannot be told either.
    package func difference(from status: StockStatus) -> Difference? {
        // Nothing of ours is a FlowFuse instance: a device that comes over from there has one.
        if status.project != nil { return .project }
        if status.application != application?.text { return .application }
        let running = status.snapshot == Self.starter ? nil : status.snapshot
        if running != (application == nil ? nil : snapshot?.text) { return .snapshot }
        // Without an application it keeps no settings.
        if application != nil, status.settings != settings { return .settings }
        return nil
    }

    /// The update that the status asks for; `nil` where all is as it shall be.
    package func answer(to status: StockStatus) -> StockUpdate? {
        let differs =
            difference(from: status) != nil || status.mode.map { $0 != mode } ?? false
            || status.run.map { $0 != run } ?? false
        guard status.state == "unknown" || differs else { return nil }
        return StockUpdate(self, leavesProject: status.project != nil)
    }
}

/// The command `update`: fields that it leaves out stay as they are, `null` takes away.
package struct StockUpdate: Sendable, Equatable, JSONWritable {
    package var desired: StockDesired
    /// The device belonged to a FlowFuse instance; only one owner may be named at a time.
    package var leavesProject: Bool
    /// Also in developer mode, where a change of snapshot is ignored otherwise.
    package var isForced: Bool
    /// Gets the snapshot that it has once more.
    package var reloads: Bool

    package init(
        _ desired: StockDesired, leavesProject: Bool = false, isForced: Bool = false,
        reloads: Bool = false
    ) {
        self.desired = desired
        self.leavesProject = leavesProject
        self.isForced = isForced
        self.reloads = reloads
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("command", "update")
            if let application = desired.application {
                json.field("ownerType", "application")
                json.field("application", application)
                json.field("snapshot", desired.snapshotName)
                json.field("settings", desired.settings)
                json.field("targetState", desired.run == .running ? "running" : "suspended")
            } else {
                json.field("ownerType", String?.none)
                json.field(leavesProject ? "project" : "application", String?.none)
                json.field("snapshot", String?.none)
            }
            json.field("mode", desired.mode.rawValue)
            json.field("licensed", true)
            if isForced { json.field("forceUpdate", true) }
            if reloads { json.field("reloadSnapshot", true) }
        }
    }
}

/// The answer to `live/state`: 200 where all is as it shall be, 409 with what it shall run.
package struct StockCheckIn: Sendable, Equatable {
    package var difference: StockDesired.Difference?
    package var desired: StockDesired

    package init(_ desired: StockDesired, status: StockStatus) {
        self.desired = desired
        difference = desired.difference(from: status)
    }

    package var httpStatus: Int { difference == nil ? 200 : 409 }
}

extension StockCheckIn: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            guard let difference else { return }
            json.field("error", difference.rawValue)
            // One owner only: an agent that reads both leaves the other.
            if difference == .project, desired.application == nil {
                json.field("project", String?.none)
            } else {
                json.field("application", desired.application)
            }
            json.field("snapshot", desired.snapshotName)
            json.field("settings", desired.application == nil ? nil : desired.settings)
        }
    }
}
