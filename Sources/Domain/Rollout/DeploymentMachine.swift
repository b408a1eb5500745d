package import Basics

/// What has become of a deployment and what is to be done next. Pure: time, windows and reports
/// come in, actions go out; whoever runs it writes what changed and does what they say.
package struct DeploymentMachine: Sendable, Equatable {
    package enum Action: Sendable, Equatable {
        /// Give them the snapshot as their target, and say with `wrote` which revision tells it.
        case send([Device.ID])
        /// Give them back what they had before.
        case recall([Device.ID])
        /// It has stopped by itself: somebody must look.
        case raiseAlarm(String)
        case clearAlarm
    }

    /// Whether machines may be touched now.
    package enum Window: Sendable, Equatable {
        /// At any time.
        case none
        case open(MaintenanceWindow.Opening)
        /// `nil`: it never opens again.
        case closed(next: Timestamp?)
    }

    package struct Moment: Sendable, Equatable {
        package var now: Timestamp
        package var window: Window
        /// What one device takes, as measured; `nil`: nothing was measured yet.
        package var updateSeconds: Int?
        package init(now: Timestamp, window: Window = .none, updateSeconds: Int? = nil) {
            self.now = now
            self.window = window
            self.updateSeconds = updateSeconds
        }
    }

    /// What is known of a device and not kept.
    struct Watch: Sendable, Equatable {
        var isConnected = false
        var lostAt: Timestamp
        var phase = DevicePhase.idle
        var done: Int64?
        var progressAt: Timestamp
    }

    package internal(set) var deployment: Deployment
    package internal(set) var steps: [DeploymentStep]
    package internal(set) var devices: [DeploymentDevice]
    var watches: [Watch]
    var positions: [Device.ID: Int]
    /// Of `devices`: what differs from what is kept.
    package internal(set) var changed: Set<Int> = []
    package internal(set) var isHeadChanged = false
    /// The one that busy devices were told of.
    var toldOpening: MaintenanceWindow.Opening?

    /// - Parameters:
    ///   - devices: as kept.
    ///   - now: devices of which nothing is heard count as lost from then on.
    package init(
        _ deployment: Deployment, steps: [DeploymentStep], devices: [DeploymentDevice],
        now: Timestamp
    ) {
        self.deployment = deployment
        self.steps = steps
        self.devices = devices
        watches = devices.map { _ in Watch(lostAt: now, progressAt: now) }
        positions = [:]
        for (position, device) in devices.enumerated() { positions[device.id] = position }
    }

    /// A new one.
    /// - Parameter members: in the order in which they get their turn.
    package init(_ deployment: Deployment, members: [Device.ID], now: Timestamp) {
        let sizes = deployment.plan.steps(of: members.count)
        var devices: [DeploymentDevice] = []
        var steps: [DeploymentStep] = []
        for (step, size) in sizes.enumerated() {
            let isCanary = deployment.plan.isCanary(step)
            steps.append(DeploymentStep(name: isCanary ? "Canary" : "Step \(step + 1)"))
            for member in members[devices.count..<devices.count + size] {
                devices.append(DeploymentDevice(id: member, step: step, changedAt: now))
            }
        }
        self.init(deployment, steps: steps, devices: devices, now: now)
    }

    /// What changed is kept now.
    package mutating func kept() {
        changed = []
        isHeadChanged = false
    }

    package func contains(_ device: Device.ID) -> Bool { positions[device] != nil }

    /// Whether anything is still to be watched or done.
    package var isActive: Bool {
        if !deployment.state.isOver { return true }
        return devices.contains { $0.state == .returning || $0.state.isUnderWay }
    }

    package func counts(of step: Int? = nil) -> RolloutCounts {
        var counts = RolloutCounts()
        for device in devices where step == nil || device.step == step { counts.add(device.state) }
        return counts
    }

    /// What a `send` or `recall` wrote into a device row.
    package struct Written: Sendable, Equatable {
        package var id: Device.ID
        package var revision: Int64
        /// What the device was to run before.
        package var formerSnapshotID: Snapshot.ID?
        package init(id: Device.ID, revision: Int64, formerSnapshotID: Snapshot.ID?) {
            self.id = id
            self.revision = revision
            self.formerSnapshotID = formerSnapshotID
        }
    }

    /// What its last actions wrote; they are kept with it.
    package mutating func wrote(_ written: [Written], at now: Timestamp) {
        for one in written {
            guard let position = positions[one.id] else { continue }
            watches[position].progressAt = now
            switch devices[position].state {
            case .sent:
                devices[position].revision = one.revision
                devices[position].formerSnapshotID = one.formerSnapshotID
            case .returning: devices[position].revision = one.revision
            default: break
            }
        }
    }

    /// Those are none of its devices any more.
    package mutating func remove(_ ids: [Device.ID], at now: Timestamp) {
        for id in ids {
            guard let position = positions[id] else { continue }
            set(position, .removed, "It was moved or deleted.", at: now)
        }
    }

    /// A newer deployment takes those over.
    package mutating func supersede(_ ids: [Device.ID], by name: String, at now: Timestamp) {
        for id in ids {
            guard let position = positions[id] else { continue }
            switch devices[position].state {
            case .pending, .sent, .updating, .busy, .offline, .developer, .returning:
                set(position, .superseded, "The deployment “\(name)” has taken it over.", at: now)
            case .updated, .failed, .superseded, .removed, .returned: break
            }
        }
    }

    mutating func set(
        _ position: Int, _ state: DeploymentDevice.State, _ text: String?, at now: Timestamp
    ) {
        let device = devices[position]
        guard device.state != state || device.text != text else { return }
        if device.state != state {
            devices[position].changedAt = now
            switch state {
            case .sent:
                devices[position].sentAt = now
                devices[position].fetchedAt = nil
                devices[position].doneAt = nil
            case .updated, .failed, .returned: devices[position].doneAt = now
            default: break
            }
        }
        devices[position].state = state
        devices[position].text = text
        changed.insert(position)
    }

    mutating func enter(_ state: Deployment.State, _ reason: String?, at now: Timestamp) {
        deployment.state = state
        deployment.reason = reason
        if state == .running, deployment.startedAt == nil { deployment.startedAt = now }
        deployment.finishedAt = state.isOver ? now : nil
        isHeadChanged = true
    }
}
