import Basics
package import Domain
import Processes
package import Store
import Synchronization

/// All instances of the site: one supervisor each, adopted or started when the appliance starts,
/// left running when it ends.
package actor InstanceRegistry: InstanceRuntime, Service {
    /// What is asked for on every request, from any thread.
    private struct Board {
        var statuses: [Instance.ID: InstanceStatus] = [:]
        var observers: [UInt64: AsyncStream<InstanceStatus>.Continuation] = [:]
        var next: UInt64 = 0
    }

    /// How long one start may hold up the next when the appliance starts: a busy server starts
    /// one after the other, and one that hangs does not keep the rest down.
    private static let stagger = Duration.seconds(10)

    private let stores: Stores
    private let alarms: AlarmRaiser
    private let around: InstanceSupervisor.Surroundings
    private let stopsOnExit: Bool
    private let log = Log("instances")
    private let board = Mutex(Board())
    private var known: [Instance.ID: InstanceSupervisor] = [:]
    private var isReady = false
    /// Wishes that came before what runs was taken over: they wait, or there would be two
    /// supervisors of one instance.
    private var early: [CheckedContinuation<Void, Never>] = []

    /// - Parameters:
    ///   - around: with `alarms` among them.
    ///   - stopsOnExit: instances end with the appliance.
    package init(
        stores: Stores, alarms: AlarmRaiser, around: InstanceSupervisor.Surroundings,
        stopsOnExit: Bool = false
    ) {
        self.stores = stores
        self.alarms = alarms
        self.around = around
        self.stopsOnExit = stopsOnExit
    }

    // MARK: Service

    /// Looks after all instances until it is cancelled.
    package func run() async throws {
        let wanted = try await takeOver()
        await startAll(wanted)
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(1 << 40)) }
        // In a task of its own: this one is cancelled by now, and nothing in it waits any more.
        if stopsOnExit { await Task { await self.stopAll() }.value }
        for supervisor in known.values { await supervisor.letGo() }
    }

    /// - Returns: those that shall run and don't.
    private func takeOver() async throws -> [Instance.ID] {
        let open = try await alarms.open()
        var wanted: [Instance.ID] = []
        for instance in try await stores.instances.all() {
            let supervisor = add(instance.id, raised: open[instance.id.text] ?? [])
            await supervisor.resume()
            switch (instance.desiredState, status(of: instance.id).pid) {
            case (.running, nil): wanted.append(instance.id)
            // It was being stopped when the appliance ended.
            case (.stopped, .some): await supervisor.stop()
            case (.running, .some), (.stopped, nil): break
            }
        }
        isReady = true
        for continuation in early { continuation.resume() }
        early = []
        return wanted
    }

    private func startAll(_ ids: [Instance.ID]) async {
        for id in ids where !Task.isCancelled {
            guard let supervisor = known[id] else { continue }
            await supervisor.start()
            await settled(id, within: Self.stagger) { $0.state != .starting }
        }
    }

    private func stopAll() async {
        for supervisor in known.values { await supervisor.stop() }
        for id in known.keys {
            await settled(id, within: InstanceMachine.grace + .seconds(10)) {
                $0.state == .stopped
            }
        }
    }

    // MARK: InstanceRuntime

    package nonisolated func status(of id: Instance.ID) -> InstanceStatus {
        board.withLock { $0.statuses[id] } ?? InstanceStatus(id: id)
    }

    package func start(_ id: Instance.ID) async { await find(id)?.start() }
    package func stop(_ id: Instance.ID) async { await find(id)?.stop() }
    package func restart(_ id: Instance.ID) async { await find(id)?.restart() }
    package func kill(_ id: Instance.ID) async { await find(id)?.kill() }
    package func drain(_ id: Instance.ID) async { await find(id)?.drainSpool() }

    /// A definition is read at each start; whoever shows it is told to look again.
    package func refresh(_ id: Instance.ID) async {
        guard await find(id) != nil else { return }
        tell(status(of: id))
    }

    package func halt(_ id: Instance.ID) async {
        guard let supervisor = await find(id) else { return }
        await supervisor.stop()
        while status(of: id).state != .stopped, !Task.isCancelled {
            await settled(id, within: .seconds(60)) { $0.state == .stopped }
        }
    }

    package func retire(_ id: Instance.ID) async {
        await halt(id)
        guard let supervisor = known.removeValue(forKey: id) else { return }
        await supervisor.letGo()
        around.preparation.ports.release(id.text)
        board.withLock { _ = $0.statuses.removeValue(forKey: id) }
    }

    // MARK: Watching

    package nonisolated func statuses() -> [InstanceStatus] {
        board.withLock { Array($0.statuses.values) }
    }

    /// Each change from now on; the newest thousand wait for a slow observer.
    package nonisolated func observe() -> AsyncStream<InstanceStatus> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: InstanceStatus.self, bufferingPolicy: .bufferingNewest(1000))
        let number = board.withLock { board in
            board.next += 1
            board.observers[board.next] = continuation
            return board.next
        }
        continuation.onTermination = { [weak self] _ in
            self?.board.withLock { _ = $0.observers.removeValue(forKey: number) }
        }
        return stream
    }

    private nonisolated func changed(_ status: InstanceStatus) {
        let observers = board.withLock { board in
            board.statuses[status.id] = status
            return Array(board.observers.values)
        }
        for observer in observers { observer.yield(status) }
        tell(status)
    }

    private nonisolated func tell(_ status: InstanceStatus) {
        around.bus.publish("instances") { status.json }
    }

    /// Waits until a status is as wished, or the time is over.
    private nonisolated func settled(
        _ id: Instance.ID, within limit: Duration,
        _ accepts: @escaping @Sendable (InstanceStatus) -> Bool
    ) async {
        let changes = observe()
        if accepts(status(of: id)) { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await change in changes where change.id == id && accepts(change) { return }
            }
            group.addTask { try? await self.around.clock.sleep(limit) }
            await group.next()
            group.cancelAll()
        }
    }

    // MARK: Supervisors

    private func find(_ id: Instance.ID) async -> InstanceSupervisor? {
        if !isReady { await withCheckedContinuation { early.append($0) } }
        if let supervisor = known[id] { return supervisor }
        guard (try? await stores.instances.get(id)) != nil else { return nil }
        // Somebody else may have asked meanwhile.
        return known[id] ?? add(id, raised: [])
    }

    private func add(_ id: Instance.ID, raised: Set<AlarmKind>) -> InstanceSupervisor {
        let supervisor = InstanceSupervisor(id, in: around, raised: raised) {
            [weak self] status in self?.changed(status)
        }
        known[id] = supervisor
        return supervisor
    }
}
