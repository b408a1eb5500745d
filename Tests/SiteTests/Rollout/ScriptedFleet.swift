import Basics
import Domain
import Site
import Store
import Synchronization

/// Devices that do at once what their rows say, unless a script says otherwise.
final class ScriptedFleet: RolloutFleet {
    enum Conduct: Sendable { case succeed, fail, silent, busy }

    private struct State {
        var standings: [Device.ID: DeviceStanding] = [:]
        var conduct: [Device.ID: Conduct] = [:]
        var told: [Device.ID] = []
        /// From so many told on, telling waits.
        var holdAfter = Int.max
        var held: [CheckedContinuation<Void, Never>] = []
        var seenConnected: Set<Device.ID> = []
        var waiting: [(id: Device.ID, done: CheckedContinuation<Void, Never>)] = []
    }

    private let stores: Stores
    private let bus: EventBus
    private let state = Mutex(State())

    init(stores: Stores, bus: EventBus) {
        self.stores = stores
        self.bus = bus
    }

    var told: [Device.ID] { state.withLock { $0.told } }

    func behave(_ conduct: Conduct, _ ids: [Device.ID]) {
        state.withLock { state in for id in ids { state.conduct[id] = conduct } }
    }

    func connect(_ ids: [Device.ID], _ isConnected: Bool = true) {
        state.withLock { state in
            for id in ids {
                state.standings[
                    id, default: DeviceStanding(id: id, isConnected: false, state: .running)
                ].isConnected = isConnected
            }
        }
        tell(ids)
    }

    func runs(_ id: Device.ID) -> Snapshot.ID? {
        state.withLock { $0.standings[id]?.snapshotID }
    }

    /// What a device does that was told.
    func perform(_ ids: [Device.ID]) async {
        for id in ids {
            guard let device = try? await stores.devices.get(id) else { continue }
            state.withLock { state in
                guard var standing = state.standings[id], standing.isConnected else { return }
                standing.seenAt = .now()
                standing.phaseRevision = device.revision
                switch state.conduct[id] ?? .succeed {
                case .silent: return
                case .succeed:
                    standing.phase = .idle
                    standing.revision = device.revision
                    standing.snapshotID = device.targetSnapshotID
                case .fail:
                    standing.phase = .failed
                    standing.reason = "No node came up."
                case .busy:
                    standing.phase = .waiting
                    standing.reason = "The furnace is loaded."
                }
                state.standings[id] = standing
            }
        }
        tell(ids)
    }

    func desiredChanged(_ devices: [Device.ID]) async {
        await withCheckedContinuation { goesOn in
            let isHeld = state.withLock { state in
                let isHeld = state.told.count >= state.holdAfter
                if isHeld { state.held.append(goesOn) }
                return isHeld
            }
            if !isHeld { goesOn.resume() }
        }
        state.withLock { $0.told += devices }
        await perform(devices)
    }

    /// - Parameter count: of devices; further ones are told only after `release`.
    func hold(after count: Int) { state.withLock { $0.holdAfter = count } }

    func release() {
        let held = state.withLock { state in
            defer { (state.holdAfter, state.held) = (.max, []) }
            return state.held
        }
        for one in held { one.resume() }
    }

    func standings(of devices: [Device.ID]) async -> [DeviceStanding] {
        let (found, ready) = state.withLock { state in
            let found = devices.compactMap { state.standings[$0] }
            state.seenConnected.formUnion(found.filter(\.isConnected).map(\.id))
            let ready = state.waiting.filter { state.seenConnected.contains($0.id) }
            state.waiting.removeAll { state.seenConnected.contains($0.id) }
            return (found, ready)
        }
        for one in ready { one.done.resume() }
        return found
    }

    /// Until the service has been told that it is connected.
    func seen(_ id: Device.ID) async {
        await withCheckedContinuation { done in
            let isSeen = state.withLock { state in
                let isSeen = state.seenConnected.contains(id)
                if !isSeen { state.waiting.append((id, done)) }
                return isSeen
            }
            if isSeen { done.resume() }
        }
    }

    private func tell(_ ids: [Device.ID]) {
        bus.publish("devices") {
            var json = JSONWriter()
            json.object { json in json.field("ids", ids.map(\.text)) }
            return json.bytes
        }
    }
}

/// Finds what a test lets it find.
struct ScriptedFitness: RolloutFitness {
    var sentences: [String] = []
    func obstacles(
        to snapshot: Snapshot, on devices: [DeploymentStore.Candidate]
    ) async -> [String] { sentences }
}
