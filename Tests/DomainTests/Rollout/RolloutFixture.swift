import Basics
import Domain

/// A deployment over devices that never were, with time that somebody moves.
struct RolloutFixture {
    let ids: [Device.ID]
    var machine: DeploymentMachine
    var now = Timestamp(milliseconds: 1_800_000_000_000)
    var window = DeploymentMachine.Window.none
    var updateSeconds: Int?
    private(set) var sent: [Device.ID] = []
    private(set) var recalled: [Device.ID] = []
    private(set) var alarms: [String] = []
    private(set) var revisions: [Device.ID: Int64] = [:]
    let target = Snapshot.ID.random()
    let former = Snapshot.ID.random()

    init(_ count: Int, _ plan: RolloutPlan, connected: Bool = true) {
        ids = (0..<count).map { _ in .random() }
        let deployment = Deployment(
            id: .random(), organizationID: .random(), teamID: .random(),
            applicationID: .random(), snapshotID: target, windowID: nil,
            name: Name(stored: "Roll-out"), plan: plan, state: .ready, createdAt: now,
            createdBy: "anna")
        machine = DeploymentMachine(deployment, members: ids, now: now)
        if connected { for id in ids { connect(id) } }
        machine.start(at: now, needsApproval: false)
    }

    var state: Deployment.State { machine.deployment.state }

    func device(_ index: Int) -> DeploymentDevice {
        guard let device = machine.devices.first(where: { $0.id == ids[index] }) else {
            preconditionFailure("every device of the fixture is in its deployment")
        }
        return device
    }

    /// Until it has nothing more to do now.
    mutating func run() {
        repeat {
            perform(
                machine.advance(
                    .init(now: now, window: window, updateSeconds: updateSeconds), limit: 3))
        } while !(machine.changed.isEmpty && !machine.isHeadChanged) && keep()
    }

    private mutating func keep() -> Bool {
        machine.kept()
        return true
    }

    mutating func perform(_ actions: [DeploymentMachine.Action]) {
        for action in actions {
            switch action {
            case .send(let ids):
                sent += ids
                write(ids)
            case .recall(let ids):
                recalled += ids
                write(ids)
            case .raiseAlarm(let text): alarms.append(text)
            case .clearAlarm: alarms = []
            }
        }
    }

    private mutating func write(_ ids: [Device.ID]) {
        for id in ids { revisions[id, default: 1] += 1 }
        machine.wrote(
            ids.map {
                .init(id: $0, revision: revisions[$0] ?? 1, formerSnapshotID: former)
            }, at: now)
    }

    mutating func order(_ order: DeploymentOrder) throws {
        perform(try machine.take(order, by: .user(.random(), name: "ben"), at: now))
        run()
    }

    /// Somebody works on it, or stops to.
    mutating func work(on id: Device.ID, _ mode: Device.Mode = .developer) {
        machine.observe(
            DeviceStanding(
                id: id, isConnected: true, seenAt: now, state: .running, mode: mode,
                snapshotID: former, revision: revisions[id] ?? 1), at: now)
    }

    mutating func wait(_ seconds: Int) {
        now = now + .seconds(seconds)
        run()
    }

    mutating func connect(_ id: Device.ID, _ isConnected: Bool = true) {
        machine.observe(
            DeviceStanding(
                id: id, isConnected: isConnected, seenAt: now, state: .running,
                snapshotID: former, revision: 1), at: now)
    }

    mutating func say(
        _ id: Device.ID, _ phase: DevicePhase, _ state: DeviceState = .running,
        runs snapshot: Snapshot.ID? = nil, reason: String? = nil, connected: Bool = true
    ) {
        machine.observe(
            DeviceStanding(
                id: id, isConnected: connected, seenAt: now, state: state,
                snapshotID: snapshot ?? former, revision: revisions[id] ?? 1, phase: phase,
                phaseRevision: revisions[id], reason: reason), at: now)
    }

    mutating func succeed(_ id: Device.ID) { say(id, .idle, runs: target) }
    mutating func fail(_ id: Device.ID) { say(id, .failed, reason: "No node came up.") }
}
